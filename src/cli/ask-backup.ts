import { BackupView } from '../protocol/backup.ts';
import type { ControllerClient } from './controller-client.ts';

/** How the backups of a running controller stand; null: none runs, or it is one that makes none. */
export async function askBackup(client: ControllerClient): Promise<BackupView | null> {
  const asked = await client.askRunning(BackupView, '/backup');
  return asked?.ok === true ? asked.value : null;
}
