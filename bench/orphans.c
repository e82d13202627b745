/* Makes orphans for PID 1 to reap: `orphans N` forks N children that each fork a grandchild and exit before it does. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
	for (long i = 0; i < n; i++) {
		pid_t child = fork();
		if (child < 0) {
			usleep(1000);
			i--;
			continue;
		}
		if (child == 0) {
			pid_t grandchild = fork();
			if (grandchild == 0) {
				_exit((int)(i & 127));
			}
			_exit(0);
		}
		while (waitpid(child, NULL, 0) < 0) {
		}
	}
	return 0;
}
