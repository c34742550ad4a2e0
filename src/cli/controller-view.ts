import type { BackupView } from '../protocol/backup.ts';
import type { About } from '../protocol/controller.ts';
import { formatAge } from './ledger-view.ts';
import type { View } from './output.ts';

/** A controller that runs. `backup`: how its backups stand; null: it does not say. */
export function aboutView(about: About, backup: BackupView | null, nowMs: number): View {
  const { pid, version, term, startedAtMs, active, metricsPort, metricsProblem } = about;
  const metrics =
    metricsPort === null
      ? `none: ${metricsProblem ?? 'no reason told'}`
      : `http://127.0.0.1:${metricsPort}/metrics`;
  return {
    kind: 'Controller',
    data: { ...about, backup },
    columns: [
      { title: 'PID' },
      { title: 'VERSION' },
      { title: 'TERM' },
      { title: 'SINCE' },
      { title: 'ACTIVE' },
      { title: 'BACKUP' },
      { title: 'METRICS' },
    ],
    rows: [
      [
        String(pid),
        version,
        String(term),
        `${formatAge(startedAtMs, nowMs)} ago`,
        String(active),
        backupText(backup, nowMs),
        metrics,
      ],
    ],
  };
}

/** A line for who looks at something else; null: nothing is wrong. */
export function backupFailure(backup: BackupView | null, nowMs: number): string | null {
  if (backup?.problem == null) return null;
  const { message, sinceMs, tries } = backup.problem;
  const since = `for ${formatAge(sinceMs, nowMs)}, in ${tries} attempts`;
  return `no backup of the ledger ${since}: ${message}; docs/operating/backup.md`;
}

function backupText(backup: BackupView | null, nowMs: number): string {
  if (backup === null) return '-';
  const { newest, freshAtMs, problem, intervalMs } = backup;
  const age =
    newest === null || freshAtMs === null ? 'none yet' : `${formatAge(freshAtMs, nowMs)} ago`;
  if (problem !== null) return `${age}, FAILING`;
  return intervalMs === null ? `${age}, off` : age;
}
