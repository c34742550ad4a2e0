import { Gauge, type Registry } from 'prom-client';
import type { BackupView } from '../protocol/backup.ts';

/** How the backups stand, at each scrape. Where there is no backup, age and size are absent. */
export function backupMetrics(registry: Registry, view: () => BackupView): void {
  const register = { registers: [registry] };
  const age = new Gauge({
    name: 'aurora_backup_age_seconds',
    help: 'Since the newest verified backup held all of the ledger; absent before the first',
    ...register,
    collect: () => {
      const { newest, freshAtMs } = view();
      age.remove();
      if (newest !== null && freshAtMs !== null)
        age.set(Math.max(0, Date.now() - freshAtMs) / 1_000);
    },
  });
  const size = new Gauge({
    name: 'aurora_backup_size_bytes',
    help: 'Of the newest verified backup, compressed; absent before the first',
    ...register,
    collect: () => {
      const { newest } = view();
      size.remove();
      if (newest !== null) size.set(newest.bytes);
    },
  });
  const failing = new Gauge({
    name: 'aurora_backup_problem',
    help: '1: the last attempt to back up the ledger failed',
    ...register,
    collect: () => {
      failing.set(view().problem === null ? 0 : 1);
    },
  });
}
