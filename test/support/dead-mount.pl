#!/usr/bin/perl
# dead-mount DIRECTORY: mounts a file system there whose server, this program, never reads a request.
use strict;
use warnings;
use POSIX ();
use Socket;

my ($at) = @ARGV;
mkdir $at;
open(my $fuse, '+<', '/dev/fuse') or die "/dev/fuse: $!";
my $mount = (POSIX::uname())[4] eq 'x86_64' ? 165 : 40;
my $options = 'fd=' . fileno($fuse) . ',rootmode=40000,user_id=0,group_id=0,allow_other';
my ($source, $type) = ('dead', 'fuse');
syscall($mount, $source, $at, $type, 0, $options) == 0 or die "mount: $!";
socket(my $notify, AF_UNIX, SOCK_DGRAM, 0);
send($notify, 'READY=1', 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET}));
sleep while 1;
