#!/usr/bin/perl
# prober SECONDS ARGUMENT...: asks the manager, as systemctl with these arguments does, again and again for so long. Prints
# the longest time that an answer took, in milliseconds, and how many there were.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time sleep);

my ($seconds, @argv) = @ARGV;
my $strings = join '', map { "$_\0" } 'systemctl', '/', @argv;
my $payload = pack('VvvVV', 0, 80, 24, scalar @argv, 0) . $strings;
my $request = 'PIDONE' . pack('v', 3) . pack('VC', length $payload, 1) . $payload;
my ($longest, $answers) = (0, 0);
my $end = time + $seconds;
while (time < $end) {
  my $begin = time;
  socket(my $manager, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
  connect($manager, pack_sockaddr_un '/run/pidone/control') or die "connect: $!";
  syswrite $manager, $request;
  my $answer = '';
  1 while sysread $manager, $answer, 65536, length $answer;
  die 'no answer' if length $answer < 9;
  my $took = (time - $begin) * 1000;
  $longest = $took if $took > $longest;
  $answers++;
  sleep 0.002;
}
printf "%.1f %d\n", $longest, $answers;
