/** Scenarios: files, steps, and what real systemd answered to each step (`NAME.scenario`, `NAME.expected`). */
import { readFileSync } from 'node:fs';
import type { ContainerFile } from './container.ts';

export interface Scenario {
  files: ContainerFile[];
  steps: string[];
}

export interface Step {
  step: string;
  exit: number;
  out: string;
  err: string;
}

export function readScenario(path: string): Scenario {
  const files: ContainerFile[] = [];
  const steps: string[] = [];
  let lines: string[] | undefined;
  const texts = new Map<ContainerFile, string[]>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const head = /^=== (file|steps)\s*(\S*)\s*(\d*)$/.exec(line);
    if (head?.[1] === 'file') {
      const file: ContainerFile = { path: head[2]!, text: '', mode: Number.parseInt(head[3] || '644', 8) };
      lines = [];
      files.push(file);
      texts.set(file, lines);
    } else if (head) lines = steps;
    else if (lines === steps && (line.trim() === '' || line.startsWith('#'))) continue;
    else lines?.push(line);
  }
  for (const [file, text] of texts) file.text = `${text.join('\n').trimEnd()}\n`;
  return { files, steps };
}

export function readExpected(path: string): Step[] {
  const steps: Step[] = [];
  let step: Step & { lines: string[]; errors: string[] };
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('$ ')) step = { step: line.slice(2), exit: -1, out: '', err: '', lines: [], errors: [] };
    else if (line.startsWith('  ')) step!.lines.push(line.slice(2));
    else if (line.startsWith('! ')) step!.errors.push(line.slice(2));
    else if (line.startsWith('= ')) {
      const { lines, errors, step: command } = step!;
      steps.push({ step: command, exit: Number(line.slice(2)), out: lines.join('\n'), err: errors.join('\n') });
    }
  }
  return steps;
}

const rules: [RegExp, string][] = [
  [/\x1b\[[0-9;?]*[a-zA-Z]|\x1b\]8;;.*?(?:\x1b\\|\x07)/g, ''],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [A-Z]{3,4}/g, '<TIME>'],
  [/\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b/g, '<TIME>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/g, '<TIME>'],
  [/<TIME>; [^\n]*? ago/g, '<TIME>; <AGO> ago'],
  [/(?<==)\d{9,}(?=\n|$)/g, '<USEC>'],
  [/\b[0-9a-f]{32}\b/g, '<ID>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<ID>'],
  [/\b(pid=|PID: |PID |PID=|[a-z-]+\[)\d+/gi, '$1<PID>'],
  [/(Main PID|Control PID|Process): \d+/g, '$1: <PID>'],
  [/(├─|└─)\s*\d+ /g, '$1<PID> '],
  [/(Duration: |duration|took|elapsed|after) ?[\d.]+(ms|s)( [\d.]+(ms|s))*\b/g, '$1 <SPAN>'],
  [/\b\d+(\.\d+)?(ms|s|min|h) (ago|left)/g, '<SPAN> $3'],
  [/\b(oracle|pidone-test)\b/g, '<HOST>'],
  [/[ \t]+(?=\n|$)/g, ''],
];

const sets =
  /^((?:Before|After|Requires|Requisite|Wants|BindsTo|PartOf|Upholds|RequiredBy|RequisiteOf|WantedBy|BoundBy|UpheldBy|ConsistsOf|Conflicts|ConflictedBy|OnFailure|OnFailureOf|OnSuccess|OnSuccessOf|Triggers|TriggeredBy|PropagatesReloadTo|ReloadPropagatedFrom|PropagatesStopTo|StopPropagatedFrom|JoinsNamespaceOf|RequiresMountsFor|Names|Slice|IPAddressAllow|IPAddressDeny)=)(.*)$/gm;

/** Takes out of a text what differs from run to run, and puts sets in order. */
export function normalized(text: string): string {
  let out = text.replace(
    sets,
    (_, name: string, values: string) => name + values.split(/\s+/).filter(Boolean).sort().join(' '),
  );
  for (const [pattern, replacement] of rules) out = out.replace(pattern, replacement);
  return out.replace(/\n+$/, '');
}
