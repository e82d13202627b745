#!/usr/bin/perl
# racer DIRECTORY LEAF SEED: puts links, hard links and other directories in the place of what is there, all the time. In
# DIRECTORY are `x`, which holds LEAF or is about to, `to-*`, links to lead x astray, and `leaf-*`, what LEAF may become.
use strict;
use warnings;
use POSIX ();

my ($directory, $leaf, $seed) = @ARGV;
srand($seed);
chdir $directory or die "$directory: $!";
my $renameat2 = (POSIX::uname())[4] eq 'x86_64' ? 316 : 276;
my ($at_fdcwd, $exchange) = (-100, 2);
my $gone = 'gone';

sub exchange { my ($a, $b) = @_; syscall($renameat2, $at_fdcwd, $a, $at_fdcwd, $b, $exchange) }

my @traps = glob 'to-*';
my @leaves = glob 'leaf-*';
$| = 1;
print "ready\n";
close STDOUT;
# Nobody is left to stop it where the test is gone.
my $parent = getppid;
while (getppid == $parent) {
  my $way = int rand 8;
  if ($way < 3) { exchange('x', $traps[rand @traps]) }
  elsif ($way < 6) { exchange("x/$leaf", $leaves[rand @leaves]) }
  elsif ($way == 6) { my $one = $leaves[rand @leaves]; rename $one, "x/$leaf" or rename "x/$leaf", $one }
  else { rename("x/$leaf", $gone) ? rename($gone, "x/$leaf") : rename($gone, "x/$leaf") }
}
