/** What goes wrong with a machine and not in a simulation. */

/** The manager could not be started, or has ended without being asked to. */
export class MachineEnded extends Error {
  /** 'MachineEnded' */
  override readonly name = 'MachineEnded';
}
