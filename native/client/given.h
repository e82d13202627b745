/*
 * How the front door passes on the environment that it was given: what runtime.c puts before the name of each variable, and
 * the variable that says that it has. src/sys/environment.ts has the same two.
 */
#ifndef PIDONE_GIVEN_H
#define PIDONE_GIVEN_H

#define GIVEN_PREFIX "PIDONE_ENV_"
#define GIVEN_MARK "PIDONE_ENVIRONMENT=given"

#endif
