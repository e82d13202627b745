/** Whether a unit gives its processes credentials: systemd.exec(5), CREDENTIALS. */
import type { ExecSettings } from '../directives/table.ts';

export function hasCredentials(exec: ExecSettings): boolean {
  const { SetCredential, SetCredentialEncrypted, LoadCredential, LoadCredentialEncrypted, ImportCredential } = exec;
  const lists = [SetCredential, SetCredentialEncrypted, LoadCredential, LoadCredentialEncrypted, ImportCredential];
  return lists.some((list) => list.length > 0);
}
