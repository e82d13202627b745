/** systemd-tmpfiles on a simulated machine whose configuration is one file. */
import { expect } from 'vitest';
import { systemdTmpfiles } from '../../../../src/tools/tmpfiles/tmpfiles.ts';
import { type Answer, callProgram } from '../../../support/program.ts';
import { SimHost, type SimOptions } from '../../../support/sim-host.ts';

export const configuration = '/etc/tmpfiles.d/t.conf';

export class World {
  readonly host: SimHost;
  constructor(options: SimOptions = {}) {
    this.host = new SimHost(options);
    this.host.files.put('/proc/self/status', '');
    this.host.files.put('/proc/sys/fs/protected_hardlinks', '1\n');
  }

  get files(): SimHost['files'] {
    return this.host.files;
  }

  /** Runs with these lines as the configuration; no descriptor stays open. */
  async run(lines: string, argv: readonly string[] = ['--create'], env: Record<string, string> = {}): Promise<Answer> {
    this.files.put(configuration, lines);
    return this.call(argv, env);
  }

  async call(argv: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
    const held = this.files.heldCount;
    const answer = await callProgram(this, systemdTmpfiles, 'systemd-tmpfiles', argv, { env });
    expect(this.files.heldCount).toBe(held);
    return answer;
  }

  /** Type, mode, owner, and what is in it or where it leads. */
  look(path: string): string {
    const stat = this.files.tryLstat(path);
    if (stat === undefined) return 'nothing';
    const content =
      stat.type === 'file'
        ? ` ${JSON.stringify(this.files.readText(path))}`
        : stat.type === 'symlink'
          ? ` ${this.files.readlink(path)}`
          : '';
    const mode = stat.type === 'symlink' ? '' : ` ${stat.mode.toString(8)}`;
    return `${stat.type}${mode} ${stat.uid}:${stat.gid}${content}`;
  }
}
