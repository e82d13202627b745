#!/usr/bin/perl
# lingerer WHERE SECONDS: passes sockets to PID 1 whose last close waits for SECONDS, and forgets them.
use strict;
use warnings;
use Fcntl;
use POSIX ();
use Socket qw(:DEFAULT);

my ($where, $seconds) = @ARGV;
my $sendmsg = (POSIX::uname())[4] eq 'x86_64' ? 46 : 211;

# A connection that nobody reads, with more in it than there is room for.
sub full_socket {
  socket(my $listener, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
  setsockopt($listener, SOL_SOCKET, SO_RCVBUF, pack 'i', 1024);
  bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
  listen($listener, 1) or die "listen: $!";
  socket(my $client, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
  connect($client, getsockname $listener) or die "connect: $!";
  fcntl($client, F_SETFL, O_NONBLOCK);
  1 while syswrite $client, 'x' x 65536;
  setsockopt($client, SOL_SOCKET, SO_LINGER, pack 'ii', 1, $seconds) or die "linger: $!";
  return ($listener, $client);
}

sub pass {
  my ($out, $text, @fds) = @_;
  my $rights = pack('Qii', 16 + 4 * @fds, SOL_SOCKET, 1) . pack('i*', @fds);
  $rights .= "\0" x (-length($rights) % 8);
  my $part = pack 'PQ', $text, length $text;
  my $message = pack 'QIxxxxPQPQixxxx', 0, 0, $part, 1, $rights, 16 + 4 * @fds, 0;
  syscall($sendmsg, fileno $out, $message, 0) >= 0 or die "sendmsg to $where: $!";
}

my %datagram = (
  notify => ['/run/systemd/notify', "STATUS=x\n"],
  barrier => ['/run/systemd/notify', "BARRIER=1"],
  native => ['/run/systemd/journal/socket', "MESSAGE=x\n"],
  syslog => ['/run/systemd/journal/dev-log', '<13>x'],
  store => ['/run/systemd/notify', "FDSTORE=1\nFDNAME=x\n"],
);
my %stream = (
  stream => ['/run/systemd/journal/stdout', "x\n\n6\n0\n0\n0\n0\nline\n"],
  control => ['/run/pidone/control', 'no greeting'],
);
# Who closes last waits. That is to be PID 1, which depends on who is faster: one of many will do.
sub attempt {
  my ($listener, $client) = full_socket();
  my $out;
  if ($where eq 'stdout') {
    pass(\*STDOUT, "line\n", fileno $client);
  } elsif (my $to = $datagram{$where}) {
    socket($out, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
    connect($out, pack_sockaddr_un $to->[0]) or die "connect: $!";
    pass($out, $to->[1], fileno $client);
  } else {
    my ($path, $text) = @{$stream{$where} // die "where is $where?"};
    socket($out, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
    connect($out, pack_sockaddr_un $path) or die "connect: $!";
    pass($out, $text, fileno $client);
  }
  close $client;
  if ($where eq 'store') {
    select undef, undef, undef, 0.2;
    send $out, "FDSTOREREMOVE=1\nFDNAME=x\n", 0;
  }
  select undef, undef, undef, $seconds;
}
my $service = $where eq 'stdout' || $where eq 'store';
for (1 .. 10) {
  next if fork;
  unless ($service) { close $_ for *STDIN, *STDOUT, *STDERR }
  attempt();
  exit 0;
}
sleep 1 while $service;
