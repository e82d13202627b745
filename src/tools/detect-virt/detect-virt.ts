/** systemd-detect-virt(1): which container or virtual machine this is. How it is told stands in src/sys/virtualization.ts. */

import { query } from '../../program/access.ts';
import { CommandLine } from '../../program/command-line.ts';
import type { ProgramContext } from '../../program/context.ts';
import { plainFrame } from '../../program/help.ts';
import { fail, flag, type OptionRow, option, set, showHelp, showVersion, showWords } from '../../program/options.ts';
import { simpleProgram } from '../../program/program.ts';
import { type Host, SystemError } from '../../sys/host.ts';
import { inUserNamespace } from '../../unitfile/conditions/machine.ts';

function defaultOptions() {
  return {
    only: 'any' as 'any' | 'vm' | 'container' | 'chroot' | 'private-users' | 'cvm',
    quiet: false,
  };
}

interface DetectOptions extends ReturnType<typeof defaultOptions> {}

/** What there is a name for, in systemd's order. */
const names = (
  'none kvm amazon qemu bochs xen uml vmware oracle microsoft zvm parallels bhyve qnx acrn powervm apple sre google ' +
  'vm-other systemd-nspawn lxc-libvirt lxc openvz docker podman rkt wsl proot pouch container-other'
).split(' ');
const confidential = ['none', 'sev', 'sev-es', 'sev-snp', 'tdx', 'protvirt', 'cca'];

const rows: readonly OptionRow<DetectOptions>[] = [
  option('-h --help', 'Show this help', showHelp),
  option('--version', 'Show package version', showVersion),
  option('-c --container', 'Only detect whether we are run in a container', set({ only: 'container' })),
  option('-v --vm', 'Only detect whether we are run in a VM', set({ only: 'vm' })),
  option('-r --chroot', 'Detect whether we are run in a chroot() environment', set({ only: 'chroot' })),
  option('--private-users', 'Only detect whether we are running in a user namespace', set({ only: 'private-users' })),
  option('--cvm', 'Only detect whether we are run in a confidential VM', set({ only: 'cvm' })),
  option('-q --quiet', "Don't output anything, just set return value", flag('quiet')),
  option('--list', 'List all known and detectable types of virtualization', () => showWords(names)),
  option('--list-cvm', 'List all known and detectable types of confidential virtualization', () =>
    showWords(confidential),
  ),
];

const commandLine = new CommandLine<DetectOptions>({
  frame: {
    ...plainFrame,
    usage: '[OPTIONS...]',
    about: 'Detect execution in a virtualized environment.',
    width: 22,
    manual: 'systemd-detect-virt(1)',
  },
  options: [[undefined, rows]],
  errors: 'plain',
  defaults: defaultOptions,
  settle: (_options, operands) => {
    if (operands.length > 0) fail('systemd-detect-virt takes no arguments.');
  },
});

export const systemdDetectVirt = simpleProgram(commandLine, query({ files: true }), run);

/** Another root than that of process 1. Throws SystemError where that can't be told. */
function isChroot({ files }: Host): boolean {
  const own = files.stat('/');
  const first = files.stat('/proc/1/root');
  return own.dev !== first.dev || own.ino !== first.ino;
}

/** The exit status says whether there is what was asked for. */
async function run(context: ProgramContext, { only, quiet }: DetectOptions): Promise<number> {
  const { host } = context;
  if (only === 'chroot')
    try {
      return isChroot(host) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      context.err(`Failed to check for chroot() environment: ${error.message}\n`);
      return 1;
    }
  if (only === 'private-users') return inUserNamespace(host) ? 0 : 1;
  const { container, vm } = host.virtualization();
  const found = {
    any: container === 'none' || container === '' ? vm : container,
    container,
    vm,
    // The hardware tells the machine of it, which does not hand it on to a container.
    cvm: 'none',
  }[only];
  if (!quiet) context.out(`${found || 'none'}\n`);
  return found === 'none' || found === '' ? 1 : 0;
}
