/** systemd-analyze. */
import { row } from './row.ts';

const policyColumns = ['partition', 'mode', 'read-only', 'growfs'];

export const analyzeRows = {
  /** What a template is an instance for, where it is loaded for the review alone, and where the manager has it. */
  reviewInstance: row({ 252: 'i', 257: 'test_instance' }),
  liveInstance: row({ 252: 'test-instance', 257: 'test_instance' }),
  /** Tables are written before what is said on stderr next. */
  flushesTables: row({ 252: true, 262: false }),
  capabilityNotKnown: row({
    252: (text: string) => `Capability "${text}" not known.`,
    257: (text: string) => `Capability "${text}" is not known.`,
  }),
  /** dot has an edge for BindsTo=, too. */
  drawsBindings: row({ 252: false, 257: true }),
  /** What --global is said to be for. */
  withGlobal: row({ 252: 'verbs dot, unit-paths, verify', 257: 'verb unit-paths' }),
  /** inspect-elf names the file that a link leads to. */
  followsElf: row({ 252: false, 257: true }),
  /** What --json= is said to be for. */
  withJson: row({
    252: 'security and inspect-elf',
    257: 'security, inspect-elf, plot, fdstore, pcrs, architectures, capability, exit-status',
    262:
      'security, inspect-elf, dlopen-metadata, plot, fdstore, pcrs, nvpcrs, architectures, capability, exit-status, ' +
      'chid, blame, identify-tpm2',
  }),
  /** Of pcrs, where there is no TPM. */
  noPcrState: row({
    252: 'System lacks full TPM2 support, not showing PCR state.',
    262: 'System lacks sufficient TPM2 support, not showing PCR state.',
  }),
  /** Columns of image-policy, and how a partition may not yet be found. */
  imagePolicyColumns: row<readonly string[]>({ 252: policyColumns, 262: [...policyColumns, 'fstype'] }),
  imagePolicyUnknown: row<readonly 'encryptedwithintegrity'[]>({ 252: ['encryptedwithintegrity'], 262: [] }),
  /** File systems that are not known yet; undefined: none is, and there are no groups. */
  fileSystemsUnknown: row<readonly string[] | undefined>({
    252: undefined,
    257: ['failfs', 'gmem', 'nullfs'],
    262: [],
  }),
  /** timestamp takes names of zones, as others do. */
  timestampZones: row({ 252: false, 257: true }),
  /** Before each unit of dump. */
  dumpArrow: row({ 252: '->', 257: '→' }),
  /** condition --quiet says nothing. */
  quietConditions: row({ 252: false, 257: true }),
  /** --no-legend without plot --table or --json=; undefined where it is no error. */
  noLegendRefused: row<() => string | undefined>({
    252: () => undefined,
    257: () => 'Option --no-legend is only supported for plot with either --table or --json=.',
    262: () => undefined,
  }),
  /** security --offline= without a unit; undefined where that is no error. */
  offlineNeedsUnits: row<string | undefined>({
    252: undefined,
    257: 'Option --offline= requires one or more units to perform a security review.',
  }),
  /** security --offline=: settings that need a mount namespace count as PrivateMounts=. */
  offlineImpliesMounts: row({ 252: false, 257: true }),
  /** security shows the head of a table with --no-legend, too. */
  securityHasLegend: row({ 252: false, 262: true }),
  /** cat-config: a main file has to be one; a file that is hidden by a link to /dev/null is named; a --root= is there. */
  catConfig: row({
    252: { mainIsFile: false, namesHidden: true, rootIsThere: false },
    262: { mainIsFile: true, namesHidden: false, rootIsThere: true },
  }),
  /** calendar tells of a weekday that its date does not have. */
  tellsWrongWeekday: row({ 252: false, 262: true }),
  /** Before each further elapse of calendar. */
  iteration: row({
    252: (number: number) => `Iter. #${number}:`,
    257: (number: number) => `Iteration #${number}:`,
  }),
};
