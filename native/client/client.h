/* The front door: what its parts know of each other. */
#ifndef PIDONE_CLIENT_H
#define PIDONE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/* entry.c: signals that a manager hears are blocked when main() begins. Undoes it. */
void let_signals_through(void);

/* io.c */

/* Writes all of it, waiting where the descriptor does not block. False where nobody will take it any more. */
bool write_all(int fd, const void *data, size_t size);
/* "text: reason of errno" on stderr. */
void complain(const char *text, int error);
bool is_terminal(int fd);
/* Connects to a Unix stream socket by path or '@' abstract name; -1 and errno. */
int connect_unix(const char *path);
/* Listens at a path, with `mode` in place of a socket that is left there, or at an abstract name, for a program that this
 * one becomes; -1 and errno. */
int listen_unix(const char *path, unsigned mode);
const char *base_name(const char *path);
/* 1, 0, or -1 for what is no boolean (systemd.syntax(7)). */
int parse_boolean(const char *text);

/* places.c */

/* A connection to the manager that a call with these arguments is for; -1 where there is none. */
int connect_manager(int argc, char **argv);
/* That manager runs as a user who has not all the rights of this one. */
bool manager_is_foreign(void);
/* A connection to the socket of the system's journal for streams; -1 and errno. */
int connect_journal(void);
/* Listens as the system's manager; -1 where that is impossible. `place` becomes the directory that it has, or where
 * there is none the name of the socket. */
int listen_as_manager(char *place, size_t size);

/* container.c */

/* Whether this is what the container was started for: PID 1, or what stands for it. */
bool is_containers_command(void);
/* Says to the script that a container was started for, and that has called a bare `systemctl`, what would boot. */
void hint_at_init(void);

/* manager-call.c: whether this call is to become the manager; then its arguments are those of the manager. */
bool wants_to_be_manager(const char *program, int *argc, char **argv);
/* Whether a call of systemctl is systemctl.py's `log`, and goes on as the log does. */
bool shows_log(int argc, char **argv, bool *follows);

/* call.c: ask the manager. Ends the process where an answer came, returns where nobody is there to answer. */
void call_manager(const char *program, int argc, char **argv, char **envp);
/* Whether one would take a call with these arguments. */
bool manager_listens(int argc, char **argv);

/* terminal.c: a terminal made for a service, and the caller's own beside it. */

/* Makes one; its other end, to be closed once it has been passed, and its path. -1 and errno. */
int terminal_make(char *path, size_t size);
/* Copies between the two from now on. `may_leave`: ^] three times ends this process. */
void terminal_forward(bool may_leave);
/* Copies until `fd` is readable; at once where nothing is forwarded. */
void terminal_wait(int fd);
/* Copies what is left and gives the caller's terminal back as it was. */
void terminal_release(bool end_line);

/* become.c: the payload of a BECOME frame. Returns, having said why, only where that is impossible. */
void become(const unsigned char *payload, size_t size);

/* pager.c */

/* Puts a pager between stdout/stderr and the terminal, where there is one and the user wants it. */
void pager_open(bool jump_to_end);
/* Waits for the pager's end. */
void pager_close(void);
/* Becomes the pager that the environment asks for, reading stdin. */
void pager_exec(bool jump_to_end);

/* fit.c */

/* Whether the system lacks a library that this Node asks for, which has then been said. */
bool node_is_unfit(const char *node);
/* Says why Node could not be executed. */
void complain_of_node(const char *node, int error);

/* runtime.c: become Node with pidone's program. Return only where that is impossible, having said so. */
void exec_manager(int argc, char **argv);
void exec_program(const char *program, int argc, char **argv);

/* notify.c, cat.c: programs answered here; version.c: what answers --version. The result is the exit status. */
int notify_main(int argc, char **argv);
/* notify-fork.c */
int notify_fork(char **command, bool quiet);
int cat_main(int argc, char **argv);
int print_version(void);

#endif
