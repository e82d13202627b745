/** Forms in which log lines are printed: --output= of journalctl(1), and of `systemctl status`. */
export const outputModes = [
  'short',
  'short-full',
  'short-iso',
  'short-iso-precise',
  'short-precise',
  'short-monotonic',
  'short-delta',
  'short-unix',
  'verbose',
  'export',
  'json',
  'json-pretty',
  'json-sse',
  'json-seq',
  'cat',
  'with-unit',
] as const;
export type OutputMode = (typeof outputModes)[number];
