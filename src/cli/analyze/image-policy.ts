/** systemd-analyze image-policy. */

import { type Colors, styleOf } from '../../program/colors.ts';
import { say } from '../../program/messages.ts';
import { errorText } from '../../sys/error-text.ts';
import { formatBoolean } from '../../text/numbers.ts';
import { ImagePolicy, type PartitionPolicy, partitionNames } from '../../values/image-policy.ts';
import type { CliContext } from '../common/context.ts';
import { type AlignedInput, emptyCell, printColumns } from './aligned.ts';
import type { AnalyzeOptions } from './options.ts';

const root = 'verity+signed+encrypted+unprotected+absent';
const plain = 'encrypted+unprotected+absent';
const boot = 'unprotected+absent';
/** Policies of systemd's own, which are asked for by name. */
const wellKnown: Readonly<Record<string, string>> = {
  '@sysext': `root=${root}:usr=${root}`,
  '@sysext-strict': 'root=signed+absent:usr=signed+absent',
  '@container': `root=${root}:usr=${root}:home=${plain}:srv=${plain}:esp=${boot}:xbootldr=${boot}:tmp=${plain}:var=${plain}`,
  '@service': `root=${root}:usr=${root}:home=${plain}:srv=${plain}:tmp=${plain}:var=${plain}`,
  '@host':
    `root=${root}:usr=${root}:home=${plain}:srv=${plain}:esp=${boot}:xbootldr=${boot}:swap=${plain}:` +
    `tmp=${plain}:var=${plain}`,
};

/** What the policy comes to, for each partition. */
export async function imagePolicy(
  context: CliContext,
  options: AnalyzeOptions,
  [text = '']: readonly string[],
): Promise<number> {
  const { imagePolicyColumns: columns, imagePolicyUnknown: unknown } = context.host.voice.analyze;
  const policy = ImagePolicy.parse(wellKnown[text] ?? text, { unknown });
  if (!(policy instanceof ImagePolicy)) {
    say(context, 'error', `Failed to parse image policy '${text}': ${errorText(policy)}`);
    return 1;
  }
  const { colors } = styleOf(context);
  const [short, long] = [policy.toString(), policy.toString(true)];
  const written = (words: string, color: string): string => `${color}${words}${colors.normal}`;
  context.out(`Analyzing policy: ${written(short, colors.highlight)}\n`);
  if (short !== long) context.out(`       Long form: ${written(long, colors.grey)}\n`);
  context.out('\n');
  const rows = [...partitionNames, undefined].map((name) =>
    cells(name, policy.of(name), colors).slice(0, columns.length),
  );
  await printColumns(context, { ...options, legend: true }, columns, rows, new Set());
  return 0;
}

function cells(name: string | undefined, found: PartitionPolicy, colors: Colors): AlignedInput[] {
  const yesOrNo = (value: boolean | undefined): AlignedInput =>
    value === undefined ? emptyCell : formatBoolean(value);
  return [
    name ?? { text: 'default', color: colors.green },
    { text: found.use, color: useColor(found, colors) },
    yesOrNo(found.readOnly),
    yesOrNo(found.growFs),
    found.fileSystems === '' ? emptyCell : found.fileSystems,
  ];
}

function useColor({ use, uses }: PartitionPolicy, { grey, yellow, red, green }: Colors): string {
  if (use === 'ignore') return grey;
  if ((['verity', 'signed', 'encrypted', 'unprotected', 'absent'] as const).every((each) => uses.has(each)))
    return yellow;
  if (use === 'absent') return red;
  return uses.has('unprotected') ? '' : green;
}
