/** What is to be done with the machine: SuccessAction=, FailureAction= and their kin of systemd.unit(5). */

const emergencyActions = [
  'none',
  'reboot',
  'reboot-force',
  'reboot-immediate',
  'poweroff',
  'poweroff-force',
  'poweroff-immediate',
  'exit',
  'exit-force',
  'soft-reboot',
  'soft-reboot-force',
  'kexec',
  'kexec-force',
  'halt',
  'halt-force',
  'halt-immediate',
] as const;

export type EmergencyAction = (typeof emergencyActions)[number];

export const parseEmergencyAction = (text: string): EmergencyAction | undefined =>
  emergencyActions.find((known) => known === text);
