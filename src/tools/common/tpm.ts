/** Whether there is a TPM: a container has none. */

/** What has to be there, each of which counts in the exit status where it is not. */
const parts = ['firmware', 'driver', 'system', 'subsystem', 'libraries'];

export const tpmReport: { readonly text: string; readonly status: number } = {
  text: `no\n${parts.map((part) => `-${part}\n`).join('')}`,
  status: 2 ** parts.length - 1,
};
