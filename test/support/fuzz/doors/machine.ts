/** Files and facts of the machine: accounts, releases, /proc, what an earlier manager has left in /run, the environment. */
import type { Random } from '../../../../scripts/fuzz/random.mjs';
import { livingManager } from '../../../../src/control/places.ts';
import { writeCredentials } from '../../../../src/exec/credentials.ts';
import { loadEnvironmentFiles } from '../../../../src/exec/environment.ts';
import { SpawnError, StepFailure } from '../../../../src/exec/failure.ts';
import { planOf } from '../../../../src/main/init.ts';
import { managerEnvironment } from '../../../../src/main/installation.ts';
import { ensureMachineId, isFirstBoot, prettyName } from '../../../../src/main/machine.ts';
import { findSurvivors } from '../../../../src/main/record.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { Accounts } from '../../../../src/sys/accounts.ts';
import { memoryLimit, oomKills, processLimit } from '../../../../src/sys/cgroup.ts';
import { environmentOf } from '../../../../src/sys/environment.ts';
import { parseMountTable } from '../../../../src/sys/mounts.ts';
import { detectVirtualization } from '../../../../src/sys/virtualization.ts';
import { conditionTypes, evaluateCondition } from '../../../../src/unitfile/conditions/conditions.ts';
import { parseEnvFile } from '../../../../src/unitfile/language/env-file.ts';
import { envAssignmentIsValid, setAssignment } from '../../../../src/unitfile/language/environment.ts';
import { createLoader } from '../../../../src/unitfile/load/loader.ts';
import { tasksLimit } from '../../../../src/unitfile/load/machine-numbers.ts';
import { bytes, check, checkSame, type Door, type Input, textOf, unless, wordsOf } from '../door.ts';
import { Mutator } from '../mutate.ts';

/** A file of the machine: what may be in it, and who reads it. */
interface MachineFile {
  readonly path: string;
  readonly samples: readonly string[];
  readonly words?: readonly string[];
  read(host: SimHost): void;
}

const virtualization = (host: SimHost): void => {
  for (const pid of [1, 7]) detectVirtualization({ files: host.files, environment: {}, pid, hypervisor: undefined });
};
const cgroup = (host: SimHost): void => {
  const limit = memoryLimit(host);
  check(limit === undefined || limit > 0, () => `a limit of ${limit} bytes`);
  const kills = oomKills(host);
  check(kills === undefined || kills >= 0, () => `${kills} processes killed`);
  const processes = processLimit(host);
  check(processes === undefined || (processes.most > 0 && processes.now >= 0), 'a limit of no processes');
};
const osRelease = (host: SimHost): void => {
  check(prettyName(host) !== '', 'a system without a name');
};
const place = { directory: '/run/pidone' };

const machineFiles: readonly MachineFile[] = [
  {
    path: '/etc/os-release',
    samples: ['ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian \\"12\\""\n'],
    read: osRelease,
  },
  {
    path: '/etc/locale.conf',
    samples: ['LANG=de_DE.UTF-8\nLC_TIME=C\n'],
    read: (host) => void managerEnvironment(host, 'system'),
  },
  {
    path: '/etc/machine-id',
    samples: ['uninitialized\n', `${'a'.repeat(32)}\n`],
    read: (host) => {
      isFirstBoot(host);
      ensureMachineId(host, () => {});
    },
  },
  {
    path: '/run/pidone/units',
    samples: ['WORLD\n9007199254740900 9007199254740700 4294967296 a.service\n', 'WORLD\n1 - 5 b.service\n'],
    words: ['WORLD\n', ' - ', '9007199254740991', '.service\n'],
    read: (host) => {
      for (const { unit, processes } of findSurvivors(host, place))
        check(unit !== '' && processes.length > 0, 'nobody');
    },
  },
  {
    path: '/run/pidone/manager',
    samples: ['1 1000 WORLD\n', '77 1 WORLD\n'],
    words: ['WORLD', '1 '],
    read: (host) => {
      const pid = livingManager(host, 'system');
      check(pid === undefined || pid >= 0, () => `a manager ${pid}`);
    },
  },
  { path: '/proc/self/cgroup', samples: ['0::/a/b\n', '5:memory:/docker/x\n4:cpu,pids:/y\n0::/\n'], read: cgroup },
  { path: '/sys/fs/cgroup/memory.max', samples: ['max\n', '1073741824\n'], read: cgroup },
  { path: '/sys/fs/cgroup/memory.events', samples: ['low 0\noom 1\noom_kill 3\n'], read: cgroup },
  { path: '/sys/fs/cgroup/pids.max', samples: ['max\n', '100\n'], read: cgroup },
  {
    path: '/proc/self/status',
    samples: ['Name:\tx\nTracerPid:\t5\nSeccomp:\t2\n'],
    words: ['TracerPid:\t'],
    read: virtualization,
  },
  { path: '/proc/1/environ', samples: ['A=b\0container=lxc\0'], words: ['container=', '\0'], read: virtualization },
  { path: '/run/host/container-manager', samples: ['systemd-nspawn\n', 'oci\n'], read: virtualization },
  {
    path: '/proc/cpuinfo',
    samples: ['vendor_id\t: GenuineIntel\nflags\t\t: fpu vme hypervisor\n'],
    read: virtualization,
  },
  { path: '/proc/sys/kernel/pid_max', samples: ['4194304\n'], read: (host) => void tasksLimit(host.files) },
  {
    path: '/proc/self/mountinfo',
    samples: [
      '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n25 1 0:5 / / rw - overlay overlay rw\n',
    ],
    words: [' - ', '\\040', '\\134', '\\777', ' '],
    read: (host) => {
      const text = host.files.readText('/proc/self/mountinfo');
      check(parseMountTable(text).length <= text.split('\n').length, 'more mounts than lines');
    },
  },
];

const machine: Door = ((): Door => {
  const files = machineFiles.map((file) => ({ ...file, mutator: new Mutator(file.samples, file.words ?? []) }));
  return {
    name: 'machine-file',
    share: 3,
    make: (r) => {
      const at = r.int(0, files.length - 1);
      return [Buffer.of(at), files[at]!.mutator.make(r)];
    },
    open: () => {
      const host = new SimHost({ pid: 1 });
      const world = `${host.bootId}  ${host.process(1)?.startTime ?? 0}`;
      return {
        run: ([at, content = Buffer.alloc(0)]) => {
          const { path, read } = files[(at?.[0] ?? 0) % files.length]!;
          const text = content.includes('WORLD') ? content.toString('latin1').replaceAll('WORLD', world) : undefined;
          host.files.put(path, text === undefined ? content : Buffer.from(text, 'latin1'));
          read(host);
          host.files.unlink(path);
        },
      };
    },
  };
})();

const accounts = ((): Door => {
  const users = new Mutator(
    ['root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:A,,,:/home/alice:/bin/bash\n', '+::::::\nx:x:4294967295:0:::\n'],
    [':', '::', '\n', ':x:', 'alice', '1000'],
  );
  const group = new Mutator(['root:x:0:\nadm:x:4:alice,bob\n', 'x:x:99999999999:\n'], [':', ',', 'alice']);
  return {
    name: 'accounts',
    share: 2,
    make: (r) => [users.make(r), group.make(r)],
    open: () => {
      const host = new SimHost();
      return {
        run: (input) => {
          host.files.put('/etc/passwd', input[0] ?? '');
          host.files.put('/etc/group', input[1] ?? '');
          const found = new Accounts(host.files);
          for (const name of ['root', 'alice', '0', '1000', '', '__proto__', '4294967295']) {
            const user = found.user(name);
            check(user === undefined || user.uid >= 0, 'a user without a number');
            for (const gid of found.groupsOf(name, user?.gid ?? 5)) check(gid >= 0, 'a group without a number');
            found.group(name);
          }
        },
      };
    },
  };
})();

const envFiles = new Mutator(
  ['A=b\nC="d \\" e"\nF=\'g\nh\'\n', '# c \\\nX=y\\\nz\n', 'A = b \nB=\\$x `\n', 'KEY=value with blanks  \n'],
  ['=', '"', "'", '\\\n', '\\', '#', ';', '\n', 'A=', '$', '`'],
);

const environmentFile: Door = {
  name: 'environment-file',
  share: 5,
  make: (r) => [envFiles.make(r)],
  open: () => {
    const host = new SimHost();
    return {
      run: (input) => {
        for (const [name] of parseEnvFile(textOf(input), 'x').pairs) check(name !== '', 'a variable without a name');
        host.files.put('/etc/default/x', input[0] ?? '');
        const block = unless([SpawnError], () =>
          loadEnvironmentFiles(host, [{ path: '/etc/default/x', optional: false }], () => {}),
        );
        for (const assignment of block ?? [])
          check(envAssignmentIsValid(assignment), () => `an assignment ${JSON.stringify(assignment)}`);
      },
    };
  },
};

/** Words of a manager's command line, and variables of its environment. */
const environment = ((): Door => {
  const words = new Mutator(
    [
      '--system',
      '--show-status=yes',
      '--console=json',
      '--unit=a.service',
      '--control-fd=3',
      '--place=/run/x',
      'x.target',
    ],
    ['--', '=', '--parent-fd=', '--strict', '--open-files=', '.service'],
  );
  const variables = new Mutator(
    ['PIDONE_STRICT=yes', 'PIDONE_CONSOLE=json', 'PIDONE_ENV_A=b', 'PIDONE_ENVIRONMENT=', 'container=docker', 'A=b=c'],
    ['PIDONE_', 'PIDONE_ENV_', '=', 'PIDONE_SOCKET=/run/x', '__proto__=x'],
  );
  return {
    name: 'environment',
    share: 4,
    make: (r) => [...r.many(0, 4, () => words.make(r)), ...r.many(0, 4, () => variables.make(r))],
    open: () => ({
      run: (input) => {
        const all = wordsOf(input);
        const given = Object.fromEntries(
          all
            .filter((word) => word.includes('='))
            .map((word) => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]),
        );
        const found = environmentOf(given);
        for (const value of Object.values(found)) check(typeof value === 'string', 'a variable that is no text');
        // Said to people.
        const plan = unless([PlainError], () => plainly(() => planOf(all, found, 0, true)));
        for (const name of plan?.units ?? []) check(name !== '', 'a unit without a name');
        let block: string[] = [];
        for (const word of all) block = setAssignment(block, word);
        const names = block.map((entry) => entry.split('=')[0]);
        checkSame(new Set(names).size, names.length, 'variables');
      },
    }),
  };
})();

/** An error that was made for people, and is none of JavaScript's own. */
class PlainError extends Error {}
function plainly<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof Error && error.constructor === Error ? new PlainError(error.message) : error;
  }
}

const credentials = ((): Door => {
  const lines = new Mutator(
    [
      'SetCredential=a:text\\n\\x41\nLoadCredential=b:/etc/secret\n',
      'LoadCredential=c:/etc/secrets\nSetCredential=c:default\n',
      'SetCredentialEncrypted=d:aGVsbG8=\nLoadCredential=e\n',
    ],
    ['SetCredential=', 'LoadCredential=', ':', '\\x00', '..', '/', '%n', 'a:', 'aGVsbG8='],
  );
  return {
    name: 'credentials',
    share: 0.3,
    make: (r) => [lines.make(r)],
    open: () => {
      const files = { '/etc/secret': 's', '/etc/secrets/x': '1', '/etc/secrets/d/y': '2', '/etc/credstore/e': '3' };
      const host = new SimHost({ files });
      host.files.mkdirs('/run/credentials');
      const loader = createLoader(host, { scope: 'system' });
      return {
        run: (input) => {
          const text = Buffer.concat([bytes('[Service]\nExecStart=/bin/x\n'), ...input]);
          host.files.put('/etc/systemd/system/a.service', text);
          loader.refresh();
          const { exec } = loader.load('a.service');
          if (exec === undefined) return;
          unless([StepFailure], () => writeCredentials(host, exec, '/run', 'a.service', 1000));
          checkSame(
            host.files.readdir('/run/credentials').filter((name) => name !== 'a.service'),
            [],
            'beside it',
          );
          host.files.removeTree('/run/credentials/a.service');
        },
      };
    },
  };
})();

const condition = ((): Door => {
  const parameters = new Mutator(
    [
      ...[
        '>=5.10 <7',
        'x86-64',
        '!container',
        'yes',
        'CAP_CHOWN',
        '/etc/passwd',
        '/etc/*.d',
        '>4G',
        '<= 5%',
        '10%/1min',
      ],
      ...['root', '@system', 'ID=debian VERSION_ID>=12', 'quiet', 'A=b', 'net ipc', 'memory pids', 'fpu', 'v2', '>3'],
    ],
    ['>=', '<', '!=', '=$', '$=', '!', '|', '/', '*', '%', 'ID=', '@'],
  );
  const contents = new Mutator(
    [
      'ID=debian\nVERSION_ID=12\n',
      'quiet A=b "x y"\n',
      '#subsys\tx\nmemory\t1\t2\t1\n',
      'flags\t: fpu\n',
      'some avg10=0.12 avg60=1.00\n',
    ],
    ['\t', '\n', '=', '"'],
  );
  const read = [
    '/etc/os-release',
    '/proc/cmdline',
    '/proc/cgroups',
    '/proc/cpuinfo',
    '/proc/pressure/memory',
    '/proc/self/uid_map',
  ];
  return {
    name: 'condition',
    share: 3,
    make: (r: Random) => [
      Buffer.of(r.int(0, conditionTypes.length - 1), r.int(0, 255)),
      parameters.make(r),
      contents.make(r),
    ],
    open: () => {
      const inside = new SimHost();
      const outside = new SimHost({ container: 'none' });
      return {
        run: ([choice, parameter = Buffer.alloc(0), content = Buffer.alloc(0)]: Input) => {
          const host = (choice?.[1] ?? 0) % 2 === 0 ? inside : outside;
          const path = read[(choice?.[1] ?? 0) % read.length]!;
          host.files.put(path, content);
          const type = conditionTypes[(choice?.[0] ?? 0) % conditionTypes.length]!;
          const context = { scope: 'system', environment: ['A=b', content.toString('utf8')] } as const;
          const answer = evaluateCondition({ type, negate: false, parameter: textOf([parameter]) }, host, context);
          check(typeof answer === 'boolean' || answer !== '', 'neither true nor false, and no reason');
        },
      };
    },
  };
})();

export const machineDoors: readonly Door[] = [machine, accounts, environmentFile, environment, credentials, condition];
