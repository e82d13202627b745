/** syslog levels, 0 (emerg) to 7 (debug). */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
