#!/usr/bin/perl
# prober SECONDS ARGUMENT...: asks the manager, as systemctl with these arguments does, again and again for so long. Beside it a
# process works for 50 ms of the processor's time again and again. Prints the longest time that an answer took, in milliseconds,
# how many there were, the longest time that the work took, which is much more than 50 where many want the processors, and the
# most of the processor's time that PID 1 took itself before it had answered.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($seconds, @argv) = @ARGV;
my $clock_gettime = (POSIX::uname())[4] eq 'x86_64' ? 228 : 113;
sub clock { my $at = pack 'qq', 0, 0; syscall $clock_gettime, $_[0], $at; my ($s, $ns) = unpack 'qq', $at; return $s + $ns / 1e9 }
sub now { return clock(1) }
sub used { return clock(2) }
sub spent { open(my $in, '<', '/proc/1/schedstat') or die "schedstat: $!"; return (split ' ', <$in>)[0] / 1e6 }

my $strings = join '', map { "$_\0" } 'systemctl', '/', @argv;
my $payload = pack('VvvVV', 0, 80, 24, scalar @argv, 0) . $strings;
my $request = 'PIDONE' . pack('v', 3) . pack('VC', length $payload, 1) . $payload;
my ($longest, $answers, $most) = (0, 0, 0);
my $end = now() + $seconds;

pipe my $read, my $write or die "pipe: $!";
if (!fork) {
  my $slowest = 0;
  while (now() < $end) {
    my ($begin, $until) = (now(), used() + 0.05);
    1 while used() < $until;
    my $took = (now() - $begin) * 1000;
    $slowest = $took if $took > $slowest;
    select undef, undef, undef, 0.01;
  }
  syswrite $write, $slowest;
  POSIX::_exit(0);
}
close $write;

while (now() < $end) {
  my ($begin, $before) = (now(), spent());
  socket(my $manager, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
  connect($manager, pack_sockaddr_un '/run/pidone/private') or die "connect: $!";
  syswrite $manager, $request;
  my $answer = '';
  1 while sysread $manager, $answer, 65536, length $answer;
  die 'no answer' if length $answer < 9;
  my $took = (now() - $begin) * 1000;
  my $own = spent() - $before;
  $longest = $took if $took > $longest;
  $most = $own if $own > $most;
  $answers++;
  select undef, undef, undef, 0.002;
}
sysread $read, my $slowest, 100;
printf "%.1f %d %.1f %.1f\n", $longest, $answers, $slowest, $most;
