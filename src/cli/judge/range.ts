import { prometheusIntervals } from '../../app.ts';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { parseInstant } from '../../base/instant.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PrometheusServer } from '../../core/gate/check.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { JudgeInput } from './input.ts';

export interface RangeOptions {
  /** `2026-11-21T04:00:00Z`, or `3h` before `nowMs`. */
  from: string;
  /** null: now. */
  to: string | null;
  /** In place of the plan's own server; null: that one. */
  url: string | null;
  candidatePct: number | null;
  nowMs: number;
}

/** What a plan's Prometheus holds of both tracks over a time, in the plan's intervals. */
export async function readRange(plan: Plan, options: RangeOptions): Promise<Result<JudgeInput>> {
  const from = momentOf(options.from, options.nowMs);
  const to = options.to === null ? options.nowMs : momentOf(options.to, options.nowMs);
  if (from === null || to === null || from >= to) {
    const hint = 'a time such as 2026-11-21T04:00:00Z, or 3h for three hours ago';
    return fail(problem('usage', 'expected --from before --to', hint));
  }
  const server = serverOf(plan, options.url);
  if (!server.ok) return server;
  const { intervalMs } = plan;
  // On the grid of whole intervals since 1970, so that the same range is the same intervals tomorrow.
  const fromMs = Math.ceil(from / intervalMs) * intervalMs;
  const toMs = Math.floor(to / intervalMs) * intervalMs;
  const range = { fromMs, toMs, stepMs: intervalMs };
  const read = await prometheusIntervals(server.value, plan, range);
  if (!read.ok) return read;
  const intervals = read.value.map((one) => ({ ...one, candidatePct: options.candidatePct }));
  const metrics = plan.metrics.map(({ name, kind, edges }) => ({ name, kind, edges }));
  const note = `${intervals.length} intervals of ${formatDuration(intervalMs)}; requests are counted at the tracks`;
  return ok({ metrics, intervals, intervalMs, notes: [note] });
}

function momentOf(text: string, nowMs: number): number | null {
  if (text === 'now') return nowMs;
  const agoMs = parseDuration(text);
  return agoMs === null ? parseInstant(text) : nowMs - agoMs;
}

/** The plan's own, with its credentials; another address is asked without any. */
function serverOf(plan: Plan, url: string | null): Result<PrometheusServer> {
  const own = plan.measurements.flatMap(({ from }) => {
    return from.source === 'prometheus' ? [from.server] : [];
  })[0];
  if (own === undefined) {
    const message = `no metric of the plan ${plan.name} comes from a Prometheus`;
    return fail(
      problem('usage', message, 'from: {source: prometheus, ...} in a metric of the plan'),
    );
  }
  if (url === null) return ok(own);
  if (!/^https?:\/\/[^@?#]+$/.test(url)) {
    return fail(problem('usage', 'expected --prometheus http://HOST:PORT, without a password'));
  }
  return ok({ ...own, url, bearerFile: null, basicFile: null });
}
