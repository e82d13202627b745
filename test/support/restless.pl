#!/usr/bin/perl
# restless LINEAGES FILE [LIFE]: so many processes at a time, none of which lives for long, from LIFE seconds (0.03) to three times
# as many: each forks its successor and ends. On the way they leave their session, become another user and change one of the limits
# that say whose they are. As long as there is one of them it holds a lock on the file, for who looks at processes one by one hardly
# sees them.
use strict;
use warnings;
use POSIX ();

my $prlimit64 = (POSIX::uname())[4] eq 'x86_64' ? 302 : 261;
my @users = map { scalar getpwnam $_ } qw(daemon games mail);
my $life = $ARGV[2] // 0.03;
open my $lock, '>>', $ARGV[1] or die "$ARGV[1]: $!";
flock $lock, 1 or die "flock: $!";
$SIG{CHLD} = 'IGNORE';

# RLIMIT_LOCKS or RLIMIT_RTTIME: root may raise it, others lower it.
sub change_one { syscall $prlimit64, 0, rand() < 0.5 ? 10 : 15, pack('QQ', $> == 0 ? (~0, ~0) : (1000, 1000)), 0 }

sub hop {
  srand;
  my $changed = 0;
  for (;;) {
    select undef, undef, undef, $life * (1 + rand 2);
    my $child = fork();
    next unless defined $child;
    POSIX::_exit(0) if $child;
    POSIX::setsid() if rand() < 0.3;
    POSIX::setuid($users[rand @users]) if $> == 0 && rand() < 0.1;
    change_one() if !$changed++ && rand() < 0.5;
  }
}

for (1 .. $ARGV[0]) { my $child = fork() // die "fork: $!"; hop() if $child == 0 }
open my $ready, '>', "$ARGV[1].ready";
sleep while 1;
