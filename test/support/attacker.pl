#!/usr/bin/perl
# attacker NAME SEED COUNT: tries COUNT times to pass one of its processes off as another unit's, then says that it is ready.
# Each attempt leaves a process behind that has lost its parents and is called `atk-NAME`.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($name, $seed, $count) = @ARGV;
srand($seed);
$SIG{TERM} = 'DEFAULT';
my $prlimit64 = (POSIX::uname())[4] eq 'x86_64' ? 302 : 261;
my ($locks, $rttime) = (10, 15);

sub limit_of { my ($text, $what) = @_; return $text =~ /^$what\s+\S+\s+(\d+)/m ? $1 : undef }

# The marks that there are, of whoever bears them.
sub marks {
  my %marks;
  for my $file (glob '/proc/[0-9]*/limits') {
    open my $in, '<', $file or next;
    my $text = do { local $/; <$in> };
    next unless defined $text;
    my ($tag, $check) = (limit_of($text, 'Max file locks'), limit_of($text, 'Max realtime timeout'));
    $marks{"$tag $check"} = [$tag, $check] if defined $tag && defined $check;
  }
  return values %marks;
}

sub lower {
  my ($resource, $value) = @_;
  my $new = pack 'QQ', $value, $value;
  syscall($prlimit64, 0, $resource, $new, 0);
}

sub say_to {
  my ($path, $text) = @_;
  return unless socket(my $out, AF_UNIX, SOCK_DGRAM, 0);
  send($out, $text, 0, pack_sockaddr_un($path));
}

# What its process claims, once it bears what it could get.
sub claim {
  say_to('/run/systemd/notify', "READY=1\nSTATUS=forged by $name\n");
  say_to('/run/systemd/notify', "MAINPID=$$\n");
  say_to('/run/systemd/journal/socket', "MESSAGE=forged by $name\n");
  say_to('/run/systemd/journal/dev-log', "<13>forged by $name");
}

my @marks = marks();
my ($own) = do { open my $in, '<', '/proc/self/limits'; local $/; <$in> };
my @own = (limit_of($own, 'Max file locks'), limit_of($own, 'Max realtime timeout'));

sub attack {
  my ($tag, $check) = @{$marks[rand @marks]};
  my $kind = int rand 7;
  my @lowered =
    $kind == 0 ? ($tag, $check) :
    $kind == 1 ? ($tag, undef) :
    $kind == 2 ? (undef, $check) :
    $kind == 3 ? (0, 0) :
    $kind == 4 ? ($tag, 0) :
    $kind == 5 ? (0, $check) :
    ($marks[rand @marks][0], $marks[rand @marks][1]);
  my ($early, $session, $once_more) = map { rand() < 0.5 } 1 .. 3;
  my $change = sub {
    lower($locks, $lowered[0]) if defined $lowered[0];
    lower($rttime, $lowered[1]) if defined $lowered[1];
  };
  my $child = fork() // return;
  if ($child != 0) { waitpid $child, 0; return }
  $change->() if $early;
  POSIX::setsid() if $session;
  my $grandchild = fork() // POSIX::_exit(1);
  POSIX::_exit(0) if $grandchild;
  $0 = "atk-$name";
  POSIX::setsid();
  $change->() unless $early;
  select(undef, undef, undef, rand 0.02) if $once_more;
  claim();
  sleep 1 while 1;
}

attack() for 1 .. $count;
say_to($ENV{NOTIFY_SOCKET}, "READY=1");
sleep 1 while 1;
