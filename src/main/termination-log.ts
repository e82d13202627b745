/**
 * Why a container has failed, where Kubernetes looks for it: its kubelet puts an empty file at /dev/termination-log, and shows
 * what is in it when the container has ended (`kubectl describe pod`, .state.terminated.message).
 */
import type { Manager } from '../manager/manager.ts';
import { type Host, SystemError } from '../sys/host.ts';

const path = '/dev/termination-log';
/** The kubelet reads no more of it, bytes. */
const limit = 4096;
/** Units that have failed, and of each as many of its last lines as may tell why. */
const unitLimit = 10;
const linesOfUnit = 8;

/** What is to be said of the container's end. `status` is what it ends with, and not 0. */
export function terminationMessage(manager: Manager, status: number): string {
  const lines = [`${manager.shutdown.exitReason ?? 'Exiting'} (status ${status})`];
  for (const unit of [...manager.units.failed].slice(0, unitLimit)) {
    const about = `${unit.id}: `;
    const logged = lastLines(manager, unit.id);
    for (const line of logged.length > 0 ? logged : ['failed'])
      lines.push(line.startsWith(about) ? line : `${about}${line}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The oldest first. */
function lastLines(manager: Manager, unit: string): string[] {
  const found: string[] = [];
  for (const entry of manager.journal.unitLog(unit, { lines: linesOfUnit }))
    if (entry !== undefined && entry !== 'rotated') found.unshift(...(entry.text('MESSAGE') ?? '').split('\n'));
  return found.filter((line) => line !== '');
}

/**
 * Leaves it, where there is such a file and nobody has written there: what a service says itself of its end counts. A link, a
 * device or a second name of another file is none that a kubelet has made.
 */
export function leaveTerminationMessage(host: Host, text: string): void {
  if (!host.isInit) return;
  try {
    const file = host.files.openWritable(path, 'own');
    try {
      const { type, nlink, size } = file.stat();
      if (type === 'file' && nlink === 1 && size === 0) file.write(bounded(text));
    } finally {
      file.close();
    }
  } catch (error) {
    // Most containers have none.
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Without what a terminal would obey, and not longer than is read; no character is cut. */
function bounded(text: string): Buffer {
  const bytes = Buffer.from(text.replace(/[^\P{Cc}\n\t]/gu, ''));
  let end = Math.min(bytes.length, limit);
  if (end < bytes.length) while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
