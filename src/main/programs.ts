/** Every program that pidone answers for, by the name it is called by. What a call does not need is not loaded. */

import type { CliContext } from '../cli/common/context.ts';
import type { ParsedCall, Program } from '../program/program.ts';
import { ownUnits } from './installation.ts';

export const programs = {
  systemctl: async () => (await import('../cli/systemctl-py/program.ts')).systemctl,
  journalctl: async () => (await import('../cli/journalctl/journalctl.ts')).journalctl,
  'systemd-analyze': async () => (await import('../cli/analyze/analyze.ts')).systemdAnalyze,
  'systemd-run': async () => (await import('../cli/run/run.ts')).systemdRun,
  run0: async () => (await import('../cli/run/run0.ts')).run0,
  pidone: async () => (await import('../cli/doctor/pidone.ts')).pidoneProgram(ownUnits('system')),
  'pidone-machine': async () => (await import('../cli/machine/machine.ts')).pidoneMachine,
  'systemd-mount': async () => (await import('../cli/mount/mount.ts')).systemdMount,
  'systemd-umount': async () => (await import('../cli/mount/mount.ts')).systemdMount,
  'systemd-cgls': async () => (await import('../cli/cgls/cgls.ts')).systemdCgls,
  'systemd-escape': async () => (await import('../tools/escape/escape.ts')).systemdEscape,
  'systemd-detect-virt': async () => (await import('../tools/detect-virt/detect-virt.ts')).systemdDetectVirt,
  'systemd-id128': async () => (await import('../tools/id128/id128.ts')).systemdId128,
  'systemd-path': async () => (await import('../tools/path/path.ts')).systemdPath,
  'systemd-creds': async () => (await import('../tools/creds/creds.ts')).systemdCreds,
  'systemd-tmpfiles': async () => (await import('../tools/tmpfiles/tmpfiles.ts')).systemdTmpfiles,
  'systemd-sysusers': async () => (await import('../tools/sysusers/sysusers.ts')).systemdSysusers,
  halt: async () => (await import('../cli/halt/halt.ts')).halt,
  poweroff: async () => (await import('../cli/halt/halt.ts')).poweroff,
  reboot: async () => (await import('../cli/halt/halt.ts')).reboot,
  shutdown: async () => (await import('../cli/halt/shutdown.ts')).shutdown,
  telinit: async () => (await import('../cli/halt/telinit.ts')).telinit,
  init: async () => (await import('../cli/halt/telinit.ts')).telinit,
  runlevel: async () => (await import('../cli/halt/runlevel.ts')).runlevel,
} as const satisfies Record<string, () => Promise<Program<CliContext>>>;

const isProgram = (name: string): name is keyof typeof programs => Object.hasOwn(programs, name);

/** Takes a call apart; a number is the exit status of one that ends here (help, version, wrong arguments). */
export async function parseCall(context: CliContext): Promise<ParsedCall<CliContext> | number> {
  if (!isProgram(context.program)) {
    context.err(`${context.program}: not a program that pidone answers for.\n`);
    return 1;
  }
  const program: Program<CliContext> = await programs[context.program]();
  return program.parse(context);
}
