#!/usr/bin/perl
# knocker trace | sockets VICTIM RUNNING | frames: tries at the doors of PID 1 what only root may, and prints what it could do.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($what, @names) = @ARGV;
my $is64 = (POSIX::uname())[4] eq 'x86_64';

sub datagram {
  my ($path, $text) = @_;
  socket(my $out, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
  send($out, $text, 0, pack_sockaddr_un($path));
}

sub stream {
  my ($path) = @_;
  socket(my $out, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
  connect($out, pack_sockaddr_un($path)) or return undef;
  return $out;
}

# ptrace(2), process_vm_readv(2), pidfd_open(2) with pidfd_getfd(2), kill(2), setpriority(2), prlimit64(2) of PID 1.
sub trace {
  my $buffer = "\0" x 8;
  my ($attach, $seize) = (16, 0x4206);
  my $ptrace = $is64 ? 101 : 117;
  for my $how ($attach, $seize) { print "ptrace $how\n" if syscall($ptrace, $how, 1, 0, 0) == 0 }
  my $vector = pack 'QQ', 0x400000, 8;
  print "process_vm_readv\n" if syscall($is64 ? 310 : 270, 1, $vector, 1, $vector, 1, 0) > 0;
  my $pidfd = syscall(434, 1, 0);
  if ($pidfd >= 0) {
    print "pidfd_getfd\n" if syscall(438, $pidfd, 1, 0) >= 0;
    print "pidfd_send_signal\n" if syscall(424, $pidfd, 15, 0, 0) == 0;
  }
  for my $signal (0, 1, 2, 15, 30, 34, 37) { print "kill $signal\n" if kill $signal, 1 }
  my $limit = pack 'QQ', 1, 1;
  print "prlimit\n" if syscall($is64 ? 302 : 261, 1, 7, $limit, 0) == 0;
  print "setpriority\n" if syscall($is64 ? 141 : 140, 0, 1, 19) == 0;
  for my $file ('oom_score_adj', 'comm', 'clear_refs', 'coredump_filter', 'timerslack_ns') {
    open(my $out, '>', "/proc/1/$file") or next;
    print "write $file\n" if syswrite($out, "1\n") && close $out;
  }
}

# Speaks for others at each socket.
sub sockets {
  my ($victim, $running) = @_;
  my $pid = `systemctl show -P MainPID $victim`;
  chomp $pid;
  my $state = "READY=1\nSTATUS=knock\nMAINPID=$$\nERRNO=5\nSTOPPING=1\nRELOADING=1\nWATCHDOG=trigger\nFDSTORE=1\nUNIT=$victim\n_PID=$pid";
  datagram('/run/systemd/notify', $state);
  my %native = (_UID => 0, _PID => $pid, _SYSTEMD_UNIT => $running, UNIT => $running, OBJECT_PID => $pid, PRIORITY => 0);
  datagram('/run/systemd/journal/socket', join('', map { "$_=$native{$_}\n" } sort keys %native) . "MESSAGE=knock-native\n");
  datagram('/run/systemd/journal/dev-log', "<0>$running\[$pid]: knock-syslog");
  if (my $out = stream('/run/systemd/journal/stdout')) {
    syswrite $out, "knocker\n$running\n0\n0\n0\n0\n0\nknock-stream\nknock-last\n";
    close $out;
  }
}

# Frames that are no request, or that pretend to be root's.
sub frames {
  for my $type (0 .. 12, 200, 255) {
    for my $payload ('', "\0" x 64, '{"uid":0}', "\xff" x 4096) {
      my $out = stream('/run/pidone/control') or next;
      local $SIG{PIPE} = 'IGNORE';
      syswrite $out, "PIDONE" . pack('v', 3) . pack('VC', length $payload, $type) . $payload;
      my $answer = '';
      my $got = '';
      vec($got, fileno $out, 1) = 1;
      while (select(my $ready = $got, undef, undef, 5) > 0) { sysread($out, $answer, 65536, length $answer) or last }
      # An answer of a call that went well ends in a frame of type 4 with the status 0.
      print "frame $type\n" if $answer =~ /\x04\x00\x00\x00\x04\x00\x00\x00\x00\z/;
    }
  }
}

if ($what eq 'trace') { trace() }
elsif ($what eq 'sockets') { sockets(@names) }
else { frames() }
