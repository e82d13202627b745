/* The control protocol, as src/control/protocol.ts says it. */
#ifndef PIDONE_PROTOCOL_H
#define PIDONE_PROTOCOL_H

#define PROTOCOL_VERSION 3
#define GREETING_NAME "PIDONE"
#define GREETING_SIZE 8
#define FRAME_HEADER_SIZE 5
#define REQUEST_LIMIT (2u * 1024 * 1024)
#define PAYLOAD_LIMIT (64u * 1024)

enum frame_type {
  FRAME_REQUEST = 1,
  FRAME_OUT = 2,
  FRAME_ERR = 3,
  FRAME_EXIT = 4,
  FRAME_LOCAL = 5,
  FRAME_BUSY = 6,
  FRAME_PAGER = 7,
  FRAME_WANT = 8,
  FRAME_PASSED = 9,
  FRAME_FORWARD = 10,
  FRAME_BECOME = 11,
  FRAME_VERSION = 255,
};

enum terminal_flag {
  TERMINAL_STDIN = 1,
  TERMINAL_STDOUT = 2,
  TERMINAL_STDERR = 4,
};

enum descriptor_kind {
  WANT_STDIO = 0,
  WANT_TERMINAL = 1,
  WANT_PROCESS = 2,
};

enum forward_flag {
  FORWARD_ON = 1,
  FORWARD_MAY_LEAVE = 2,
  FORWARD_END_LINE = 4,
};

#endif
