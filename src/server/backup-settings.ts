import { isAbsolute, join, resolve } from 'node:path';
import { DURATION_FORM, parseDuration } from '../base/duration.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

export interface BackupSettings {
  folder: string;
  /** null: none are made, because somebody said so. */
  intervalMs: number | null;
}

const INTERVAL_MS_MIN = 1_000;

/**
 * Where backups go and how often, from AURORA_BACKUP_FOLDER and AURORA_BACKUP_INTERVAL. How many
 * stay is read by the command that makes them. `usage` names the variable.
 */
export function backupSettings(state: string, env: NodeJS.ProcessEnv): Result<BackupSettings> {
  const folder = env.AURORA_BACKUP_FOLDER ?? join(resolve(state), 'backups');
  if (!isAbsolute(folder)) {
    // The controller's own folder is not that of the shell in which this was written.
    const found = JSON.stringify(folder);
    return fail(
      problem('usage', `AURORA_BACKUP_FOLDER: expected an absolute path, found ${found}`),
    );
  }
  const text = env.AURORA_BACKUP_INTERVAL ?? '15m';
  if (text === 'off') return ok({ folder, intervalMs: null });
  const intervalMs = parseDuration(text);
  if (intervalMs !== null && intervalMs >= INTERVAL_MS_MIN) return ok({ folder, intervalMs });
  const message = `AURORA_BACKUP_INTERVAL: expected ${DURATION_FORM}, or off, found ${JSON.stringify(text)}`;
  return fail(problem('usage', message));
}
