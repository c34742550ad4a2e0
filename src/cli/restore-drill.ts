import { dirname, join, resolve } from 'node:path';
import { backupsIn, drillRestore, stateFiles } from '../app.ts';
import { formatDuration } from '../base/duration.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Context } from './command.ts';
import { formatTime } from './ledger-view.ts';
import { logKey } from './log-key.ts';
import type { View } from './output.ts';

export interface RestoreDrillWish {
  state: string;
  /** null: the newest in `folder`. */
  file: string | null;
  /** null: backups/ in the state directory. */
  folder: string | null;
  limitMs: number;
  by: string;
}

/** What came of a restore drill that was begun. */
export interface RestoreDrillResult {
  file: string;
  by: string;
  atMs: number;
  limitMs: number;
  tookMs: number;
  /** null: the restore failed. */
  shown: Shown | null;
  problem: Problem | null;
}

type Shown = Extract<Awaited<ReturnType<typeof drillRestore>>, { ok: true }>['value'];

/**
 * Restores a backup as after a loss, timed from the choice of the file to a ledger that a controller
 * could open and that was compared with the present one. The state directory is only read. Problems:
 * `not-found` where there is no backup; what goes wrong after that is a result that did not pass.
 */
export async function runRestoreDrill(
  context: Context,
  { state, file, folder, limitMs, by }: RestoreDrillWish,
): Promise<Result<RestoreDrillResult>> {
  const files = stateFiles(state);
  const vkey = logKey(null, files.logVkey);
  if (!vkey.ok) return vkey;
  const [atMs, begunMs] = [context.nowMs(), performance.now()];
  const chosen = file === null ? await newest(folder ?? files.backups) : ok(resolve(file));
  if (!chosen.ok) return chosen;
  context.note(`restoring ${chosen.value} into a temporary folder`);
  const restored = await drillRestore(state, { file: chosen.value, vkey: vkey.value });
  const tookMs = performance.now() - begunMs;
  return ok({
    ...{ file: chosen.value, by, atMs, limitMs, tookMs },
    shown: restored.ok ? restored.value : null,
    problem: restored.ok ? null : restored.problem,
  });
}

export function restoreDrillPassed({ tookMs, limitMs, problem }: RestoreDrillResult): boolean {
  return problem === null && tookMs <= limitMs;
}

/** As a document and as a line. `seconds` is what a plan's gate reads; null where it failed. */
export function restoreDrillView(result: RestoreDrillResult): View {
  const { file, by, atMs, limitMs, tookMs, shown, problem } = result;
  const passed = restoreDrillPassed(result);
  return {
    kind: 'RestoreDrill',
    data: {
      ...{ backup: file, by, atMs, at: formatTime(atMs), passed },
      seconds: shown === null ? null : Math.ceil(tookMs) / 1_000,
      limitSeconds: limitMs / 1_000,
      entries: shown?.entries ?? null,
      root: shown?.root ?? null,
      entriesBehind: shown?.entriesBehind ?? null,
      tiedToSize: shown?.tiedToSize ?? null,
      problem: problem?.message ?? null,
    },
    columns: ['DRILL', 'RESULT', 'TOOK', 'LIMIT', 'ENTRIES', 'BEHIND', 'BACKUP'].map((title) => ({
      title,
    })),
    rows: [
      [
        ...['restore', passed ? 'passed' : 'failed'],
        ...[formatDuration(Math.ceil(tookMs)), formatDuration(limitMs)],
        ...[String(shown?.entries ?? '-'), String(shown?.entriesBehind ?? '-'), file],
      ],
    ],
  };
}

/** Where a plan's gate looks for it: below the folder that holds the state directory. */
export function restoreReportPath(state: string): string {
  return join(dirname(resolve(state)), 'reports', 'restore-drill.json');
}

async function newest(folder: string): Promise<Result<string>> {
  const found = await backupsIn(folder);
  if (!found.ok) return found;
  const [first] = found.value;
  if (first !== undefined) return ok(first.path);
  return fail(problem('not-found', `there is no backup in ${folder}`, 'auroractl ledger backup'));
}
