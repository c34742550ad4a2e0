import { dirname, join, resolve } from 'node:path';
import { openLedger } from '../app.ts';
import { formatDuration } from '../base/duration.ts';
import type { Problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import type { DrillKind } from './drill.ts';
import { pollUntil } from './drill-watch.ts';
import { writeText } from './files.ts';
import { renderView, type View } from './output.ts';

/** What came of a drill that was begun. */
export interface DrillResult {
  kind: DrillKind;
  service: string;
  /** The version that is stable, of which a second instance was started. */
  stable: string;
  by: string;
  promotion: string;
  /** When the order was given that is timed. */
  atMs: number;
  limitMs: number;
  /** null: it did not come so far. */
  tookMs: number | null;
  /** The way back, which a failover has as well. */
  backMs: number | null;
  problem: Problem | null;
}

/** Between the outcome and the last message of it. */
const END_MS = 10_000;
const KINDS: Readonly<Record<DrillKind, string>> = {
  rollback: 'RollbackDrill',
  failover: 'FailoverDrill',
  halt: 'HaltDrill',
};

/** Within its limit, there and back. */
export function drillPassed({ tookMs, backMs, limitMs, problem }: DrillResult): boolean {
  if (problem !== null || tookMs === null || backMs === null) return false;
  return tookMs <= limitMs && backMs <= limitMs;
}

/**
 * As a document and as a line. `seconds` is what a plan's gate reads; null, which no gate takes for
 * a number, where the drill did not come to its end. `ledgerLeaf`: the leaf after which the
 * promotion had ended; null: it has not.
 */
export function drillView(result: DrillResult, ledgerLeaf: number | null): View {
  const { kind, service, stable, by, promotion, atMs, limitMs, tookMs, backMs } = result;
  const passed = drillPassed(result);
  return {
    kind: KINDS[kind],
    data: {
      ...{ service, stable, by, promotion, atMs, passed, ledgerLeaf },
      seconds: seconds(tookMs),
      backSeconds: seconds(backMs),
      limitSeconds: seconds(limitMs),
      problem: result.problem?.message ?? null,
    },
    columns: ['DRILL', 'SERVICE', 'RESULT', 'TOOK', 'LIMIT', 'PROMOTION'].map((title) => ({
      title,
    })),
    rows: [
      [
        ...[kind, service, passed ? 'passed' : 'failed'],
        tookMs === null ? '-' : formatDuration(Math.ceil(tookMs)),
        ...[formatDuration(limitMs), promotion],
      ],
    ],
  };
}

/** Rounded up: a report never makes a way back shorter than it was. */
function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.ceil(ms) / 1_000;
}

/** Where a plan's gate looks for it: below the folder that holds the state directory. */
export function drillReportPath(state: string, kind: DrillKind): string {
  return join(dirname(resolve(state)), 'reports', `${kind}-drill.json`);
}

export async function writeDrillReport(path: string, view: View): Promise<Result<void>> {
  return writeText(path, await renderView(view, 'json'));
}

/**
 * The leaf after which the promotion had ended, as soon as it is written; null: it has not ended, or
 * the ledger cannot be read.
 */
export async function endLeaf(state: string, promotion: string): Promise<number | null> {
  const ledger = await openLedger(state);
  if (!ledger.ok) return null;
  const look = async (): Promise<number | null> => {
    const snapshot = ledger.value.snapshot(promotion);
    return snapshot.ok && snapshot.value?.ended === true ? snapshot.value.leafIndex : null;
  };
  const until = { deadlineMs: performance.now() + END_MS };
  const found = await pollUntil(look, until, 'the last leaf');
  ledger.value.close();
  return found.ok ? found.value : null;
}
