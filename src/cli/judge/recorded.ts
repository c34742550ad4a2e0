import { promotionRecordOf, recordedIntervals } from '../../app.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { formatDuration } from '../../base/duration.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { JudgeState } from '../../core/judge/judge.ts';
import { comparable } from '../../core/promotion/intake.ts';
import type { EvidenceState } from '../../core/promotion/state.ts';
import type { JudgeInput } from './input.ts';
import type { JudgeRule } from './rule.ts';

/** What a promotion was judged by, and what its judge then knew. */
export interface Recorded {
  input: JudgeInput;
  rule: JudgeRule;
  /** null: no interval had come in yet. */
  state: EvidenceState['judge'];
}

/** The intervals of a promotion of this ledger, running or ended, as its judge was given them. */
export async function readRecorded(folder: string, word: string): Promise<Result<Recorded>> {
  const record = await promotionRecordOf(folder, word);
  if (!record.ok) return record;
  const { plan, state } = record.value;
  const { promotion: id } = state;
  const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  const rows = await recordedIntervals(folder, id, always);
  if (!rows.ok) return rows;
  if (rows.value.length === 0) {
    const hint = `auroractl status ${id}`;
    return fail(problem('inconclusive', `${id} has no interval yet`, hint));
  }
  const intervals = rows.value.flatMap(({ interval }) => {
    return interval.stable === null ? [] : [comparable(plan, interval)];
  });
  const { metrics, judge: settings, intervalMs } = plan;
  const every = formatDuration(intervalMs);
  const notes = [`${rows.value.length} intervals of ${every} of ${id}, from the ledger`];
  return ok({
    input: { metrics, intervals, intervalMs, notes },
    rule: { settings, metrics },
    state: state.evidence.judge,
  });
}

/**
 * What the rows come to when they are judged again has to be what the promotion's judge has come to;
 * null where it is, or where either has seen more of them.
 */
export function departure(again: JudgeState, { state }: Recorded): Problem | null {
  if (state === null || again.seq !== state.seq) return null;
  if (canonicalJson(again) === canonicalJson(state)) return null;
  const message = `judged again, the intervals up to ${again.seq} come to another state than is recorded`;
  return problem('integrity', message, 'auroractl ledger verify');
}
