/* Closing what others have made, without waiting for it. */
#pragma once

namespace pidone {

/*
 * Closes a descriptor that came from outside. close(2) may wait: for the rest of a socket with SO_LINGER, for the daemon of
 * a FUSE file system, for a server of NFS.
 */
void closeForeign(int fd);

/* Closes a connection that nobody else holds. What is unread of it may hold descriptors of the other side. */
void closeConnection(int fd);

}  // namespace pidone
