#!/usr/bin/perl
# flooder DOOR SECONDS PROCESSES: that many processes do their worst to PID 1 at one of its doors, or at all of them in turn
# ("all"), for so long. Prints how many things they have begun.
use strict;
use warnings;
use Errno;
use Fcntl;
use POSIX ();
use Socket;

my ($door, $seconds, $processes) = @ARGV;
my ($sendmsg, $memfd_create, $clock_gettime) = (POSIX::uname())[4] eq 'x86_64' ? (46, 319, 228) : (211, 279, 113);

sub now { my $at = pack 'qq', 0, 0; syscall $clock_gettime, 1, $at; my ($s, $ns) = unpack 'qq', $at; return $s + $ns / 1e9 }
sub rest { select undef, undef, undef, 0.01 }

my $end = now() + $seconds;
my ($notify, $native, $syslog, $stdout, $control) =
  ('/run/systemd/notify', '/run/systemd/journal/socket', '/run/systemd/journal/dev-log', '/run/systemd/journal/stdout', '/run/pidone/control');
my $watched = '/tmp/watched';
$SIG{PIPE} = 'IGNORE';

sub stream {
  my ($path) = @_;
  socket(my $out, AF_UNIX, SOCK_STREAM, 0) or return;
  fcntl($out, F_SETFL, O_NONBLOCK);
  return connect($out, pack_sockaddr_un $path) ? $out : undef;
}

sub datagram {
  my ($path, $text) = @_;
  socket(my $out, AF_UNIX, SOCK_DGRAM, 0) or return;
  send $out, $text, 0, pack_sockaddr_un $path;
}

# A datagram with descriptors.
sub pass {
  my ($path, $text, @fds) = @_;
  socket(my $out, AF_UNIX, SOCK_DGRAM, 0) or return;
  connect($out, pack_sockaddr_un $path) or return;
  my $rights = pack('Qii', 16 + 4 * @fds, SOL_SOCKET, 1) . pack('i*', @fds);
  $rights .= "\0" x (-length($rights) % 8);
  my $part = pack 'PQ', $text, length $text;
  my $message = pack 'QIxxxxPQPQixxxx', 0, 0, $part, 1, $rights, 16 + 4 * @fds, 0;
  syscall $sendmsg, fileno $out, $message, 0;
}

# A message as a file.
sub pass_file {
  my ($path, $text) = @_;
  my $name = "flood\0";
  my $fd = syscall $memfd_create, $name, 0;
  return if $fd < 0;
  open my $file, '+<&=', $fd or return;
  syswrite $file, $text;
  pass($path, '', $fd);
}

sub request {
  my ($program, $argv, $env) = @_;
  my $strings = join '', map { "$_\0" } $program, '/', @$argv, @$env;
  my $payload = pack('VvvVV', 0, 80, 24, scalar @$argv, scalar @$env) . $strings;
  return 'PIDONE' . pack('v', 3) . pack('VC', length $payload, 1) . $payload;
}

# Says all of it, as far as it is taken.
sub say_all {
  my ($out, $text) = @_;
  for (my $at = 0; $at < length $text;) {
    my $put = syswrite $out, $text, 65536, $at;
    if (defined $put) { $at += $put }
    elsif ($!{EAGAIN} && now() < $end) { wait_for($out, 1) }
    else { return 0 }
  }
  return 1;
}

sub wait_for {
  my ($handle, $to_write) = @_;
  my $which = '';
  vec($which, fileno $handle, 1) = 1;
  $to_write ? select(undef, $which, undef, 0.1) : select($which, undef, undef, 0.1);
}

sub read_all {
  my ($in) = @_;
  while (now() < $end) {
    my $got = sysread $in, my $answer, 65536;
    if (defined $got) { return if $got == 0 }
    elsif ($!{EAGAIN}) { wait_for($in, 0) }
    else { return }
  }
}

my @questions = (
  ['systemctl', 'status', '*'], ['systemctl', 'status', '--all'], ['systemctl', 'show', '*'], ['systemctl', 'list-units', '--all'],
  ['systemctl', 'list-units', '--all', '-o', 'json-pretty'], ['systemctl', 'list-unit-files'], ['systemctl', 'list-timers', '--all'],
  ['systemctl', 'list-sockets', '--all'], ['systemctl', 'list-jobs'], ['systemctl', 'list-dependencies', '--all'],
  ['systemctl', 'is-enabled', map { "b-$_" } 0 .. 500], ['systemctl', 'is-active', map { "none-$_" } 1 .. 2000],
  ['systemctl', 'show', '-p', 'Id', map { "x$_*" } 1 .. 4000],
  ['systemd-analyze', 'dump'], ['systemd-analyze', 'dot'], ['systemd-analyze', 'blame'], ['systemd-analyze', 'plot'],
  ['systemd-analyze', 'security'], ['systemd-analyze', 'critical-chain'], ['systemd-cgls'],
);
my @held;
# Keeps what is open, as many as it may have.
sub hold { push @held, @_; shift @held while @held > 200 }

my $tiny = "A=1\n\n" x 20000;
my $round = 0;
my %worst = (
  notify => sub {
    my @texts = ("STATUS=$round", 'x' x 4000, 'x' x 60000, "READY=1\0x", "READY=1\nMAINPID=1\nWATCHDOG=trigger", "\n" x 4000, "BARRIER=1\nx");
    datagram($notify, $texts[$round % @texts]);
    pass($notify, "FDSTORE=1\nFDNAME=x", (fileno STDIN) x 200) if $round % 8 == 0;
  },
  native => sub {
    my @texts = ($tiny, "MESSAGE=x\nPRIORITY=0\n", "#\n" x 40000, 'MESSAGE=' . 'x' x 100000 . "\n", join('', map { "F$_=$round\n" } 1 .. 1000), 'x' x 1000);
    datagram($native, $texts[$round % @texts]);
    pass($native, "MESSAGE=x\n", (fileno STDIN) x 200) if $round % 8 == 0;
  },
  files => sub { pass_file($native, ("A=1\n\n" x 200000, "#\n" x 1000000, 'MESSAGE=' . 'x' x 3000000 . "\n", 'x' x 6000000)[$round % 4]) },
  syslog => sub { datagram($syslog, ('<0>' . 'x' x 8000, "<999>\0" . 'x' x 100000, 'x', '')[$round % 4]) },
  streams => sub {
    my $out = stream($stdout) or return rest;
    say_all($out, ("x\n\n6\n1\n0\n0\n0\n" . 'x' x 40000, 'x', "x\n\n6\n0\n0\n0\n0\n" . "\0" x 40000, "bad\n" x 9)[$round % 4]);
    hold($out);
    my $old = $held[rand @held];
    syswrite $old, "<$round>\n" x 1000 if $round % 3 == 0;
  },
  half => sub {
    my $out = stream($control) or return rest;
    syswrite $out, substr('PIDONE' . pack('v', 3) . pack('VC', 250000, 1) . 'x' x 100000, 0, (3, 9, 50000, 100013)[$round % 4]);
    hold($out);
    syswrite $held[rand @held], 'y' for 1 .. 50;
  },
  connections => sub { my $out = stream($control); defined $out ? hold($out) : (@held = ()) },
  questions => sub {
    my ($program, @argv) = @{$questions[($round + $$) % @questions]};
    my $out = stream($control) or return rest;
    say_all($out, request($program, \@argv, [])) and read_all($out);
  },
  unread => sub {
    my ($program, @argv) = @{$questions[($round + $$) % @questions]};
    my $out = stream($control) or return rest;
    say_all($out, request($program, \@argv, []));
    hold($out);
  },
  words => sub {
    my $out = stream($control) or return rest;
    my @env = map { "SYSTEMD_$_=" . 'x' x 20 } 1 .. 4000;
    my $more = $round % 3;
    my $argv = $more == 0 ? [map { "--state=$_" } 1 .. 4095] : $more == 1 ? ['list-units', '[' x 100000, '[[:' x 20000, '[[:alpha:]' x 10000] : [('x') x 100000];
    say_all($out, request('systemctl', $argv, $more == 0 ? \@env : [])) and read_all($out);
  },
  follow => sub {
    my $out = stream($control) or return rest;
    say_all($out, request('journalctl', ['-f', '-n', 'all'], []));
    hold($out);
    datagram($native, "MESSAGE=$round\n") for 1 .. 20;
  },
  paths => sub {
    my $name = "$watched/f" . $round % 100 . "-$$";
    open my $file, '>', $name or return rest;
    print {$file} 'x';
    close $file;
    $round % 2 ? rename $name, "$name." : unlink $name;
  },
);
my @doors = $door eq 'all' ? grep { $_ ne 'follow' } sort keys %worst : ($door);
exists $worst{$_} or die "no door $_" for @doors;

pipe my $read, my $write or die "pipe: $!";
for my $number (1 .. $processes) {
  next if fork;
  close $read;
  my $what = $worst{$doors[$number % @doors]};
  open STDIN, '<', '/dev/null';
  my $leave = sub { syswrite $write, pack 'V', $round; POSIX::_exit(0) };
  # Who is held back by a full socket leaves as well.
  $SIG{ALRM} = $leave;
  alarm $seconds + 1;
  # Counted as it begins: a flood that PID 1 holds back may not come to the end of its first.
  while (now() < $end) { $round++; $what->() }
  $leave->();
}
close $write;
my $total = 0;
while (sysread $read, my $done, 4) { $total += unpack 'V', $done }
1 while wait > 0;
print "$total\n";
