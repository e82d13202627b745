/** Configuration of the programs that make files and accounts: tmpfiles.d(5), sysusers.d(5). */

import { callProgram } from '../../../../src/simulation/call.ts';
import { SimHost } from '../../../../src/simulation/machine/host.ts';
import { systemdSysusers } from '../../../../src/tools/sysusers/sysusers.ts';
import { systemdTmpfiles } from '../../../../src/tools/tmpfiles/tmpfiles.ts';
import { bytes, check, checkSame, type Door, type Input, textOf } from '../door.ts';
import { Mutator } from '../mutate.ts';

const tmpfilesLines = new Mutator(
  [
    'd /run/a 0755 root root 10d -\nf+ /run/a/b 0644 - - - text\\x41 %m\n',
    'L+ /run/l - - - - ../x\nC /run/c - - - - /etc/skel\nz /run/* 0700 alice :adm\n',
    'D! /tmp 1777 root root m:10d\nx /tmp/keep*\nr! /run/*.pid\nR /run/old\n',
    'p+ /run/p 0600\nc /dev/x 0666 - - - 1:3\nb /dev/y - - - - 8:0\nh /run/a - - - - +C\na+ /run/a - - - - u:alice:rwX,d:g::r\n',
    'w /run/w - - - - x\\n\nt /run/a - - - - user.x=1\nQ /run/q ~2755 - - aAbBcCmM:1d\nv /run/v :0755 :1000\n',
    'd= /run/e "0755" \'root\'\nf~ /run/f - - - - aGVsbG8=\nf^ /run/g - - - - cred\n',
  ],
  ['d ', 'f+ ', 'L+ ', 'x ', 'R! ', ' - ', '0777', '%m', '%%', '\\x', '*', '/../', '/run/', '"', '~', '10d', ' :', '$'],
);

const tmpfiles: Door = {
  name: 'tmpfiles',
  share: 0.2,
  make: (r) => [
    tmpfilesLines.make(r),
    bytes(r.pick(['--create', '--remove', '--clean', '--create --remove --clean --boot', '--cat-config', '--purge'])),
  ],
  open: () => ({
    run: async (input: Input) => {
      const files = {
        '/proc/self/status': '',
        '/proc/sys/fs/protected_hardlinks': '1\n',
        '/tmp/keep': '',
        '/run/x.pid': '',
      };
      const host = new SimHost({ files });
      host.files.put('/etc/tmpfiles.d/t.conf', input[0] ?? '');
      const words = textOf(input, 1).split(' ').slice(0, 5);
      const { status } = await callProgram({ host }, systemdTmpfiles, 'systemd-tmpfiles', words);
      check(Number.isInteger(status) && status >= 0 && status < 256, () => `status ${status}`);
      check(host.files.heldCount === 0, 'a descriptor was left open');
    },
  }),
};

const sysusersLines = new Mutator(
  [
    'u web - "Web Server" /srv/web /bin/sh\ng grp 450\nm web adm\nr - 500-900\n',
    'u! x 5:adm - -\nu a 4294967295\nu b -:nosuch\ng root 0\nu c /etc/passwd\n',
    '# comment\nu %m - %T\nm x y\nm y x\nr - 10\n',
  ],
  ['u ', 'g ', 'm ', 'r - ', ' - ', '"', ':', '%', '/', '0', '999', '65535', '-', 'web'],
);
const databases = new Mutator(
  ['root:x:0:0:root:/root:/bin/sh\nold:x:998:997::/:/bin/sh\n', '+::::::\n'],
  [':', '\n', '+', 'web', '999'],
);

const sysusers: Door = {
  name: 'sysusers',
  share: 0.15,
  make: (r) => [sysusersLines.make(r), r.chance(0.8) ? bytes('root:x:0:0:root:/root:/bin/sh\n') : databases.make(r)],
  open: () => ({
    run: async (input: Input) => {
      const host = new SimHost();
      host.files.put('/etc/sysusers.d/t.conf', input[0] ?? '');
      host.files.put('/etc/passwd', input[1] ?? '');
      const call = () => callProgram({ host }, systemdSysusers, 'systemd-sysusers', []);
      const { status } = await call();
      check(status === 0 || status === 1, () => `status ${status}`);
      if (status !== 0) return;
      const made = host.files.readText('/etc/passwd');
      await call();
      checkSame(host.files.readText('/etc/passwd'), made, 'accounts made a second time');
      for (const line of made.split('\n'))
        if (/^(web|a|b|c|x):/.test(line)) checkSame(line.split(':').length, 7, `fields of ${line}`);
    },
  }),
};

export const toolDoors: readonly Door[] = [tmpfiles, sysusers];
