/* Sockets of every kind that systemd.socket(5) names, with credentials and descriptors. */
#include "addon.h"
#include "child/walk.h"
#include "closing.h"
#include "common.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

namespace pidone {

/* ---- names --------------------------------------------------------------------------------------------------- */

/*
 * An address for a path of any length: a long one is reached through its directory. `dir` keeps that open until the
 * address has been used.
 */
static bool unixAddress(const std::string& path, struct sockaddr_un& address, socklen_t& length, Fd& dir) {
  address = {};
  address.sun_family = AF_UNIX;
  std::string name = path;
  if (!path.empty() && path[0] == '@') {
    if (path.size() > sizeof address.sun_path) {
      errno = ENAMETOOLONG;
      return false;
    }
    memcpy(address.sun_path + 1, path.data() + 1, path.size() - 1);
    length = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + path.size());
    return true;
  }
  if (path.size() >= sizeof address.sun_path) {
    size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
      errno = ENAMETOOLONG;
      return false;
    }
    Fd opened(open(slash == 0 ? "/" : path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0) return false;
    name = "/proc/self/fd/" + std::to_string(opened.get()) + path.substr(slash);
    if (name.size() >= sizeof address.sun_path) {
      errno = ENAMETOOLONG;
      return false;
    }
    dir = std::move(opened);
  }
  memcpy(address.sun_path, name.c_str(), name.size() + 1);
  length = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + name.size() + 1);
  return true;
}

/* Removes a socket that is in the way, and nothing else. */
static void removeStale(const std::string& path) {
  struct stat st;
  if (path.empty() || path[0] == '@') return;
  if (syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0) return;
  if (S_ISSOCK(st.st_mode)) unlink(path.c_str());
}

/* Binds with exactly `mode` on the file: there is no moment with a wider one. */
static bool bindUnix(int fd, const std::string& path, mode_t mode) {
  struct sockaddr_un address;
  socklen_t length = 0;
  Fd dir;
  if (!unixAddress(path, address, length, dir)) return false;
  mode_t before = umask(0777 & ~mode);
  int r = bind(fd, reinterpret_cast<struct sockaddr*>(&address), length);
  if (r < 0 && errno == EADDRINUSE) {
    removeStale(path);
    r = bind(fd, reinterpret_cast<struct sockaddr*>(&address), length);
  }
  int saved = errno;
  umask(before);
  errno = saved;
  return r == 0;
}

/*
 * Holds the directory of what a socket unit makes, and makes those that are missing. The result is the path to use: the
 * unit's own, for that is what getsockname(2) tells a program, or one that nobody can divert where others could.
 */
static bool holdPlace(Walk& walk, const std::string& path, mode_t directoryMode, std::string& out) {
  mode_t before = umask(0777 & ~directoryMode);
  long result = walk.toParent(path.c_str(), static_cast<int>(directoryMode));
  umask(before);
  if (result < 0) {
    errno = static_cast<int>(-result);
    return false;
  }
  out = walk.contested() ? "/proc/self/fd/" + std::to_string(walk.directory()) + "/" + walk.name() : path;
  return true;
}

/* ---- streams --------------------------------------------------------------------------------------------------- */

static Napi::Value listenUnix(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = stringArg(info, 0);
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return error(env);
  removeStale(path);
  if (!bindUnix(fd.get(), path, static_cast<mode_t>(intArg(info, 1)))) return error(env);
  if (listen(fd.get(), SOMAXCONN) < 0) return error(env);
  return number(env, fd.release());
}

Napi::Value connectTo(Napi::Env env, const std::string& path) {
  struct sockaddr_un address;
  socklen_t length = 0;
  Fd dir;
  if (!unixAddress(path, address, length, dir)) return error(env);
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return error(env);
  if (connect(fd.get(), reinterpret_cast<struct sockaddr*>(&address), length) < 0) return error(env);
  return number(env, fd.release());
}

static Napi::Value connectUnix(const Napi::CallbackInfo& info) { return connectTo(info.Env(), stringArg(info, 0)); }

static Napi::Value peerOf(Napi::Env env, int fd) {
  struct ucred peer = {0, static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return env.Undefined();
  // One with more groups, of which there may be 65536, counts as having none.
  gid_t groups[256];
  length = sizeof groups;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0) length = 0;
  uint32_t count = length / sizeof *groups;
  Napi::Array out = Napi::Array::New(env, 3 + count);
  out.Set(0u, peer.pid);
  out.Set(1u, number(env, peer.uid));
  out.Set(2u, number(env, peer.gid));
  for (uint32_t i = 0; i < count; i++) out.Set(3 + i, number(env, groups[i]));
  return out;
}

static Napi::Value peer(const Napi::CallbackInfo& info) { return peerOf(info.Env(), intArg(info, 0)); }

/* acceptUnix(fd): the connection, or a negative errno. */
static Napi::Value acceptUnix(const Napi::CallbackInfo& info) {
  int fd = accept4(intArg(info, 0), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return fd < 0 ? error(info.Env()) : number(info.Env(), fd);
}

static void growSendBuffer(int fd) {
  int size = 8 << 20;
  // Beyond the system's limit only with privilege; as much as there is to be had without.
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/* streamPair(): [ours, theirs, device, inode of theirs]. */
static Napi::Value streamPair(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) return error(env);
  Fd ours(fds[0]), theirs(fds[1]);
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  // What comes in is only read, and a program sees that nothing is there to read.
  shutdown(ours.get(), SHUT_WR);
  // A service is not to wait for a manager that has something else to do: as roomy as a connection to journald.
  growSendBuffer(theirs.get());
  struct stat st = {};
  if (syscall(SYS_fstat, theirs.get(), &st) < 0) return error(env);
  Napi::Array out = Napi::Array::New(env, 4);
  out.Set(0u, ours.release());
  out.Set(1u, theirs.release());
  out.Set(2u, number(env, static_cast<double>(st.st_dev)));
  out.Set(3u, number(env, static_cast<double>(st.st_ino)));
  return out;
}

static constexpr size_t maxFds = 253;

/* Calls back with each descriptor of a message. */
template <typename Take>
static void eachPassed(struct msghdr& message, Take take) {
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int passed;
      memcpy(&passed, CMSG_DATA(c) + i * sizeof passed, sizeof passed);
      take(passed);
    }
  }
}

/*
 * read(fd, buffer): bytes, 0 at the end, a negative errno. Descriptors that come along are closed: the kernel would do it as
 * well, and make us wait for it.
 */
static Napi::Value readInto(const Napi::CallbackInfo& info) {
  Napi::Uint8Array buffer = info[1].As<Napi::Uint8Array>();
  int fd = intArg(info, 0);
  struct iovec part = {buffer.Data(), buffer.ByteLength()};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxFds)];
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == ENOTSOCK) {
    do got = ::read(fd, buffer.Data(), buffer.ByteLength());
    while (got < 0 && errno == EINTR);
  } else if (got >= 0) {
    eachPassed(message, closeForeign);
  }
  return got < 0 ? error(info.Env()) : number(info.Env(), static_cast<double>(got));
}

/* send(fd, bytes): what the kernel took. */
static Napi::Value sendSome(const Napi::CallbackInfo& info) {
  Napi::Uint8Array data = info[1].As<Napi::Uint8Array>();
  ssize_t put;
  do put = ::send(intArg(info, 0), data.Data(), data.ByteLength(), MSG_NOSIGNAL | MSG_DONTWAIT);
  while (put < 0 && errno == EINTR);
  return put < 0 ? error(info.Env()) : number(info.Env(), static_cast<double>(put));
}

/* Of kernels that the headers here may not know: 6.5 and 6.16. */
constexpr int passPidFd = 76;
constexpr int pidFdPassed = 4;
constexpr int passRights = 83;

/* ---- datagrams ------------------------------------------------------------------------------------------------- */

static Napi::Value bindDatagram(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = stringArg(info, 0);
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return error(env);
  removeStale(path);
  if (!bindUnix(fd.get(), path, static_cast<mode_t>(intArg(info, 1)))) return error(env);
  int on = 1;
  if (setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) return error(env);
  setsockopt(fd.get(), SOL_SOCKET, passPidFd, &on, sizeof on);
  int size = 8 << 20;
  // Beyond the system's limit only with privilege; as much as there is to be had without.
  if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return number(env, fd.release());
}

/*
 * receive(fd): [bytes, pid, uid, gid, pidfd, fd…] (pid 0 without credentials; pidfd: of that process, -1 where the kernel tells none,
 * a negative errno where it has ended), or a negative errno.
 */
static Napi::Value receive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = intArg(info, 0), size = 0;
  // A sender decides how long it is, within the limits that the system sets to send buffers.
  static std::vector<char> data(64 << 10);
  if (ioctl(fd, FIONREAD, &size) < 0) return error(env);
  if (static_cast<size_t>(size) > data.size()) data.resize(static_cast<size_t>(size));
  struct iovec part = {data.data(), data.size()};
  alignas(struct cmsghdr) char
      control[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(int) * maxFds)];
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return error(env);
  Napi::Array out = Napi::Array::New(env);
  struct ucred from = {0, static_cast<uid_t>(-1), static_cast<gid_t>(-1)};
  int process = -1;
  uint32_t n = 5;
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_CREDENTIALS) memcpy(&from, CMSG_DATA(c), sizeof from);
    if (c->cmsg_type == pidFdPassed) memcpy(&process, CMSG_DATA(c), sizeof process);
  }
  eachPassed(message, [&](int passed) { out.Set(n++, passed); });
  out.Set(0u, Napi::Buffer<char>::Copy(env, data.data(), static_cast<size_t>(got)));
  out.Set(1u, from.pid);
  out.Set(2u, number(env, from.uid));
  out.Set(3u, number(env, from.gid));
  out.Set(4u, process);
  return out;
}

/* sendTo(path, bytes, [fd…]). */
static Napi::Value sendTo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct sockaddr_un address;
  socklen_t length = 0;
  Fd dir;
  if (!unixAddress(stringArg(info, 0), address, length, dir)) return error(env);
  Napi::Uint8Array data = info[1].As<Napi::Uint8Array>();
  Napi::Array fds = info[2].As<Napi::Array>();
  if (fds.Length() > maxFds) return number(env, -EINVAL);
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return error(env);
  growSendBuffer(fd.get());
  struct iovec part = {data.Data(), data.ByteLength()};
  struct msghdr message = {};
  message.msg_name = &address;
  message.msg_namelen = length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::vector<char> control;
  if (fds.Length() > 0) {
    control.resize(CMSG_SPACE(sizeof(int) * fds.Length()));
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    struct cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * fds.Length());
    for (uint32_t i = 0; i < fds.Length(); i++) {
      int passed = fds.Get(i).ToNumber().Int32Value();
      memcpy(CMSG_DATA(c) + i * sizeof passed, &passed, sizeof passed);
    }
  }
  return sendmsg(fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? error(env) : number(env, 0);
}

/* ---- socket units ------------------------------------------------------------------------------------------------ */

static bool setInt(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* PassPacketInfo=: which option that is depends on the family. */
static void setPacketInfo(int fd, int family) {
  if (family == AF_INET) setInt(fd, IPPROTO_IP, IP_PKTINFO, 1);
  if (family == AF_INET6) setInt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  if (family == AF_NETLINK) setInt(fd, SOL_NETLINK, NETLINK_PKTINFO, 1);
}

/* A wish of the unit that the kernel refuses is no reason not to listen. */
static void setOptions(int fd, int family, const Napi::Object& o) {
  auto given = [&](const char* name) { return o.Get(name).IsNumber(); };
  auto value = [&](const char* name) { return static_cast<int>(numberField(o, name, 0)); };
  if (boolField(o, "keepAlive")) setInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (given("keepAliveTimeSec")) setInt(fd, SOL_TCP, TCP_KEEPIDLE, value("keepAliveTimeSec"));
  if (given("keepAliveIntervalSec")) setInt(fd, SOL_TCP, TCP_KEEPINTVL, value("keepAliveIntervalSec"));
  if (given("keepAliveProbes")) setInt(fd, SOL_TCP, TCP_KEEPCNT, value("keepAliveProbes"));
  if (given("deferAcceptSec")) setInt(fd, SOL_TCP, TCP_DEFER_ACCEPT, value("deferAcceptSec"));
  if (boolField(o, "noDelay")) setInt(fd, SOL_TCP, TCP_NODELAY, 1);
  if (boolField(o, "broadcast")) setInt(fd, SOL_SOCKET, SO_BROADCAST, 1);
  if (boolField(o, "passCredentials")) setInt(fd, SOL_SOCKET, SO_PASSCRED, 1);
  if (boolField(o, "passSecurity")) setInt(fd, SOL_SOCKET, SO_PASSSEC, 1);
  if (boolField(o, "passPidFd")) setInt(fd, SOL_SOCKET, passPidFd, 1);
  if (boolField(o, "refuseDescriptors")) setInt(fd, SOL_SOCKET, passRights, 0);
  if (boolField(o, "passPacketInfo")) setPacketInfo(fd, family);
  std::string timestamping = stringField(o, "timestamping");
  if (timestamping == "us") setInt(fd, SOL_SOCKET, SO_TIMESTAMP, 1);
  if (timestamping == "ns") setInt(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (given("priority")) setInt(fd, SOL_SOCKET, SO_PRIORITY, value("priority"));
  if (given("receiveBuffer") && !setInt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value("receiveBuffer")))
    setInt(fd, SOL_SOCKET, SO_RCVBUF, value("receiveBuffer"));
  if (given("sendBuffer") && !setInt(fd, SOL_SOCKET, SO_SNDBUFFORCE, value("sendBuffer")))
    setInt(fd, SOL_SOCKET, SO_SNDBUF, value("sendBuffer"));
  if (given("mark")) setInt(fd, SOL_SOCKET, SO_MARK, value("mark"));
  if (given("ipTos")) setInt(fd, IPPROTO_IP, IP_TOS, value("ipTos"));
  if (given("ipTtl")) {
    if (family == AF_INET) setInt(fd, IPPROTO_IP, IP_TTL, value("ipTtl"));
    if (family == AF_INET6) setInt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value("ipTtl"));
  }
  std::string congestion = stringField(o, "tcpCongestion");
  if (!congestion.empty())
    setsockopt(fd, SOL_TCP, TCP_CONGESTION, congestion.c_str(), static_cast<socklen_t>(congestion.size()));
}

static int openFifo(const std::string& path, mode_t mode, const Napi::Object& options) {
  mode_t before = umask(0777 & ~mode);
  int made = mkfifo(path.c_str(), mode);
  int saved = errno;
  umask(before);
  if (made < 0 && saved != EEXIST) {
    errno = saved;
    return -1;
  }
  Fd fd(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  struct stat st;
  if (fd.get() < 0 || syscall(SYS_fstat, fd.get(), &st) < 0) return -1;
  if (!S_ISFIFO(st.st_mode) || (st.st_mode & 0777) != mode) {
    errno = EEXIST;
    return -1;
  }
  int size = static_cast<int>(numberField(options, "pipeSize", 0));
  if (size > 0) fcntl(fd.get(), F_SETPIPE_SZ, size);
  return fd.release();
}

static int openSpecial(const std::string& path, bool writable) {
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | (writable ? O_RDWR : O_RDONLY);
  Fd fd(open(path.c_str(), flags));
  struct stat st;
  if (fd.get() < 0 || syscall(SYS_fstat, fd.get(), &st) < 0) return -1;
  if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
    errno = EEXIST;
    return -1;
  }
  return fd.release();
}

static int openQueue(const std::string& path, mode_t mode, const Napi::Object& options) {
  struct mq_attr attributes = {};
  attributes.mq_maxmsg = static_cast<long>(numberField(options, "mqMaxMsg", 0));
  attributes.mq_msgsize = static_cast<long>(numberField(options, "mqMsgSize", 0));
  bool given = attributes.mq_maxmsg > 0 && attributes.mq_msgsize > 0;
  const char* name = !path.empty() && path[0] == '/' ? path.c_str() + 1 : path.c_str();
  mode_t before = umask(0777 & ~mode);
  int fd = static_cast<int>(syscall(SYS_mq_open, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_CREAT, mode, given ? &attributes : nullptr));
  umask(before);
  return fd;
}

struct Address {
  struct sockaddr_storage storage = {};
  socklen_t length = 0;
  int family = AF_UNSPEC;
};

static bool inetAddress(const Napi::Object& inet, Address& out) {
  std::string address = stringField(inet, "address");
  uint16_t port = htons(static_cast<uint16_t>(numberField(inet, "port", 0)));
  if (stringField(inet, "family") == "ipv4") {
    auto* v4 = reinterpret_cast<struct sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    out.length = sizeof *v4;
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) != 1) {
      errno = EINVAL;
      return false;
    }
  } else {
    auto* v6 = reinterpret_cast<struct sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    out.length = sizeof *v6;
    if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) != 1) {
      errno = EINVAL;
      return false;
    }
    std::string scope = stringField(inet, "scope");
    if (!scope.empty()) {
      v6->sin6_scope_id = if_nametoindex(scope.c_str());
      if (v6->sin6_scope_id == 0) v6->sin6_scope_id = static_cast<uint32_t>(atoi(scope.c_str()));
    }
  }
  out.family = out.storage.ss_family;
  return true;
}

static int protocolOf(const std::string& name) {
  if (name == "udplite") return IPPROTO_UDPLITE;
  if (name == "sctp") return IPPROTO_SCTP;
  if (name == "mptcp") return 262;
  return 0;
}

/* openSocket(spec): see SocketSpec in src/sys/host.ts. */
static Napi::Value openSocket(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object spec = info[0].As<Napi::Object>();
  Napi::Value given = spec.Get("options");
  Napi::Object options = given.IsObject() ? given.As<Napi::Object>() : Napi::Object::New(env);
  std::string kind = stringField(spec, "kind"), path = stringField(spec, "path");
  mode_t mode = static_cast<mode_t>(numberField(spec, "mode", 0666));
  bool named = !path.empty() && path[0] == '/';
  Walk place;
  if (named && kind != "special" && kind != "mqueue" &&
      !holdPlace(place, path, static_cast<mode_t>(numberField(spec, "directoryMode", 0755)), path))
    return error(env);

  auto result = [&](int fd) { return fd < 0 ? error(env) : number(env, fd); };
  if (kind == "fifo") return result(openFifo(path, mode, options));
  if (kind == "special") return result(openSpecial(path, boolField(options, "writable")));
  if (kind == "mqueue") return result(openQueue(path, mode, options));

  int type = kind == "stream" ? SOCK_STREAM : kind == "datagram" ? SOCK_DGRAM : kind == "seqpacket" ? SOCK_SEQPACKET : SOCK_RAW;
  Address address;
  if (spec.Get("inet").IsObject()) {
    if (!inetAddress(spec.Get("inet").As<Napi::Object>(), address)) return error(env);
  } else if (spec.Get("vsock").IsObject()) {
    Napi::Object vsock = spec.Get("vsock").As<Napi::Object>();
    auto* vm = reinterpret_cast<struct sockaddr_vm*>(&address.storage);
    vm->svm_family = AF_VSOCK;
    vm->svm_cid = static_cast<unsigned>(numberField(vsock, "cid", VMADDR_CID_ANY));
    vm->svm_port = static_cast<unsigned>(numberField(vsock, "port", 0));
    address.length = sizeof *vm;
    address.family = AF_VSOCK;
  } else if (spec.Get("netlink").IsObject()) {
    Napi::Object netlink = spec.Get("netlink").As<Napi::Object>();
    auto* nl = reinterpret_cast<struct sockaddr_nl*>(&address.storage);
    nl->nl_family = AF_NETLINK;
    nl->nl_groups = static_cast<unsigned>(numberField(netlink, "group", 0));
    address.length = sizeof *nl;
    address.family = AF_NETLINK;
  } else {
    address.family = AF_UNIX;
  }
  int protocol = address.family == AF_NETLINK
                     ? static_cast<int>(numberField(spec.Get("netlink").As<Napi::Object>(), "family", 0))
                     : protocolOf(stringField(spec, "protocol"));
  Fd fd(socket(address.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (fd.get() < 0) return error(env);

  if (address.family == AF_INET6) {
    std::string only = stringField(options, "bindIPv6Only");
    if (only == "both" || only == "ipv6-only") setInt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, only == "ipv6-only");
  }
  if (address.family == AF_INET || address.family == AF_INET6) {
    std::string device = stringField(options, "bindToDevice");
    if (!device.empty() &&
        setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), static_cast<socklen_t>(device.size() + 1)) < 0)
      return error(env);
    if (boolField(options, "reusePort")) setInt(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (boolField(options, "freeBind")) setInt(fd.get(), IPPROTO_IP, IP_FREEBIND, 1);
    if (boolField(options, "transparent")) setInt(fd.get(), IPPROTO_IP, IP_TRANSPARENT, 1);
  }
  setInt(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family == AF_UNIX) {
    if (!bindUnix(fd.get(), path, mode)) return error(env);
  } else if (bind(fd.get(), reinterpret_cast<struct sockaddr*>(&address.storage), address.length) < 0) {
    return error(env);
  }
  if ((type == SOCK_STREAM || type == SOCK_SEQPACKET) &&
      listen(fd.get(), static_cast<int>(numberField(spec, "backlog", SOMAXCONN))) < 0)
    return error(env);
  setOptions(fd.get(), address.family, options);
  return number(env, fd.release());
}

static Napi::Value addressText(Napi::Env env, const struct sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  Napi::Array out = Napi::Array::New(env, 2);
  if (from.ss_family == AF_INET) {
    auto* v4 = reinterpret_cast<const struct sockaddr_in*>(&from);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    out.Set(1u, ntohs(v4->sin_port));
  } else if (from.ss_family == AF_INET6) {
    auto* v6 = reinterpret_cast<const struct sockaddr_in6*>(&from);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
      inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, sizeof text);
    else
      inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    out.Set(1u, ntohs(v6->sin6_port));
  } else {
    return env.Undefined();
  }
  out.Set(0u, Napi::String::New(env, text));
  return out;
}

/* Whether something waits. A socket that a service has had may block: whether it does is of all who share it. */
static bool isReadable(int fd) {
  struct pollfd one = {fd, POLLIN, 0};
  return poll(&one, 1, 0) > 0 && (one.revents & POLLIN) != 0;
}

/* accept(fd): [fd, peer or undefined, [local address, port] or undefined, [remote …]], or a negative errno. */
static Napi::Value acceptConnection(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!isReadable(intArg(info, 0))) return number(env, -EAGAIN);
  Fd fd(accept4(intArg(info, 0), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd.get() < 0) return error(env);
  struct sockaddr_storage local = {}, remote = {};
  socklen_t localLength = sizeof local, remoteLength = sizeof remote;
  if (getsockname(fd.get(), reinterpret_cast<struct sockaddr*>(&local), &localLength) < 0) return error(env);
  // A peer that has gone already is no connection.
  if (getpeername(fd.get(), reinterpret_cast<struct sockaddr*>(&remote), &remoteLength) < 0) return error(env);
  Napi::Array out = Napi::Array::New(env, 4);
  out.Set(1u, local.ss_family == AF_UNIX ? peerOf(env, fd.get()) : env.Undefined());
  out.Set(2u, addressText(env, local));
  out.Set(3u, addressText(env, remote));
  out.Set(0u, fd.release());
  return out;
}

/* flush(fd): drops what is queued. */
static Napi::Value flush(const Napi::CallbackInfo& info) {
  int fd = intArg(info, 0);
  int listening = 0;
  socklen_t length = sizeof listening;
  bool isSocket = getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0;
  // Bounded: whoever sends faster than this is not waited for.
  for (int i = 0; i < 1024 && isReadable(fd); i++) {
    if (isSocket && listening) {
      int connection = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) break;
      close(connection);
    } else {
      char waste[2048];
      ssize_t got = isSocket ? recv(fd, waste, sizeof waste, MSG_DONTWAIT | MSG_TRUNC) : ::read(fd, waste, sizeof waste);
      if (got <= 0) break;
    }
  }
  return info.Env().Undefined();
}

void initSockets(Napi::Env env, Napi::Object exports) {
  exports.Set("listenUnix", Napi::Function::New(env, listenUnix));
  exports.Set("connectUnix", Napi::Function::New(env, connectUnix));
  exports.Set("acceptUnix", Napi::Function::New(env, acceptUnix));
  exports.Set("peer", Napi::Function::New(env, peer));
  exports.Set("streamPair", Napi::Function::New(env, streamPair));
  exports.Set("read", Napi::Function::New(env, readInto));
  exports.Set("send", Napi::Function::New(env, sendSome));
  exports.Set("bindDatagram", Napi::Function::New(env, bindDatagram));
  exports.Set("receive", Napi::Function::New(env, receive));
  exports.Set("sendTo", Napi::Function::New(env, sendTo));
  exports.Set("openSocket", Napi::Function::New(env, openSocket));
  exports.Set("accept", Napi::Function::New(env, acceptConnection));
  exports.Set("flush", Napi::Function::New(env, flush));
}

}  // namespace pidone
