import { unreachable } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Sample } from '../../core/evidence/counter-series.ts';
import type { EvidenceQuery } from '../../core/gate/check.ts';
import { parseSelector } from '../../core/plan/grammar/selector.ts';
import { type Found, failed, nothing, type SourceDeps } from './found.ts';
import { askPrometheus, type PrometheusFound } from './prometheus-api.ts';
import { newestBySteps, type StepWindow, samplesFault } from './prometheus-course.ts';

const REDUCER = 'prometheus-query@2';

type Query = Extract<EvidenceQuery, { source: 'prometheus' }>;
type Course = Exclude<Query, { form: 'number' }>;

/**
 * A query of a check: one value, or the course of one series over a window. Nothing found, and NaN, is
 * none; more than one series is an error, since which of them is meant is not said. A plain selector is
 * dated, and its course read, by its own samples: Prometheus carries the last one on for 5 min over a
 * time in which nobody looked.
 */
export async function prometheusEvidence(query: Query, deps: SourceDeps): Promise<Found> {
  return query.form === 'number'
    ? await numberEvidence(query, deps)
    : await courseEvidence(query, deps);
}

async function numberEvidence({ query, server }: Query, deps: SourceDeps): Promise<Found> {
  const deadlineAtMs = performance.now() + server.deadlineMs;
  const ask = async (asked: string) => {
    const question = { path: 'query', query: asked, atMs: null } as const;
    return await askPrometheus(server, question, deps.workFolder, deadlineAtMs);
  };
  // Before the value: a scrape in between makes it newer than it is dated, never older.
  const times = parseSelector(query) === null ? null : await ask(`timestamp(${query})`);
  if (times?.ok === false) return failed(REDUCER, times.problem.reason);
  const found = await ask(query);
  if (!found.ok) return failed(REDUCER, found.problem.reason);
  const { type, body } = found.value;
  if (type === 'matrix') {
    return failed(REDUCER, 'the query is a range of samples, one value is needed', body);
  }
  const read = readOne(found.value);
  if (!read.ok) return read.problem;
  const [evaluatedMs, value] = read.value.last;
  const inputSha256 = sha256(times === null ? body : Buffer.concat([times.value.body, body]));
  const dated = times === null ? evaluatedMs : oldestMs(times.value);
  if (dated === null) return nothing(REDUCER, 'the query found no series');
  return { kind: 'number', value, atMs: dated, samples: 1, inputSha256, reducer: REDUCER };
}

/** Of what `timestamp()` found, in seconds; null: nothing that is a time. */
function oldestMs({ series }: PrometheusFound): number | null {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { samples } of series) {
    for (const [, seconds] of samples) oldest = Math.min(oldest, Math.round(seconds * 1_000));
  }
  return Number.isSafeInteger(oldest) ? oldest : null;
}

async function courseEvidence(query: Course, { workFolder, now }: SourceDeps): Promise<Found> {
  const { windowMs, stepMs } = query;
  const endMs = now();
  const window: StepWindow = { startMs: endMs - windowMs, endMs, stepMs };
  const isRaw = parseSelector(query.query) !== null;
  const question = isRaw
    ? ({ path: 'query', query: `${query.query}[${windowMs}ms]`, atMs: endMs } as const)
    : ({ path: 'query_range', query: query.query, ...window } as const);
  const found = await askPrometheus(query.server, question, workFolder);
  if (!found.ok) return failed(REDUCER, found.problem.reason);
  const { body } = found.value;
  const read = readOne(found.value);
  if (!read.ok) return read.problem;
  const { samples } = read.value;
  const points = isRaw ? newestBySteps(samples, window) : samples;
  const fault = samplesFault(samples, points, window);
  if (fault !== null) return failed(REDUCER, fault, body);
  return courseOf(query, window, samples, points, body);
}

/** The numbers of the one series that was found, of which there is at least one. */
function readOne({
  series,
  body,
}: PrometheusFound): Result<{ samples: readonly Sample[]; last: Sample }, Found> {
  const [only, ...others] = series;
  if (only === undefined) return fail(nothing(REDUCER, 'the query found no series'));
  if (others.length > 0) {
    const reason = `the query found ${series.length} series, one is needed`;
    return fail(failed(REDUCER, reason, body));
  }
  const samples = only.samples.filter(([, value]) => !Number.isNaN(value));
  const last = samples.at(-1);
  if (last === undefined) return fail(nothing(REDUCER, 'what the query found is NaN'));
  if (samples.some(([, value]) => !Number.isFinite(value))) {
    return fail(failed(REDUCER, 'the query found a value that is infinite', body));
  }
  return ok({ samples, last });
}

function courseOf(
  query: Course,
  window: StepWindow,
  samples: readonly Sample[],
  points: readonly Sample[],
  body: Uint8Array,
): Found {
  const inputSha256 = sha256(body);
  const atMs = samples.at(-1)?.[0] ?? 0;
  const known = { atMs, samples: points.length, inputSha256, reducer: REDUCER };
  switch (query.form) {
    case 'ratio': {
      const odd = points.find(([, one]) => one !== 0 && one !== 1);
      if (odd !== undefined) {
        const reason = `a ratio counts values of 0 and 1, the query found ${odd[1]}: compare with bool`;
        return failed(REDUCER, reason, body);
      }
      const numerator = points.filter(([, one]) => one === 1).length;
      return { ...known, kind: 'ratio', numerator, denominator: points.length };
    }
    case 'series': {
      const gapMs = longestGapMs(samples, window);
      if (gapMs > query.gapMaxMs) {
        const [gap, most] = [gapMs, query.gapMaxMs].map(formatDuration);
        return nothing(REDUCER, `nothing is known for ${gap}, at most ${most} may be unknown`);
      }
      return { ...known, kind: 'series', points };
    }
    default:
      return unreachable(query);
  }
}

/** The longest time without a sample, the ends of the window included. */
function longestGapMs(samples: readonly Sample[], { startMs, endMs }: StepWindow): number {
  let [beforeMs, longestMs] = [startMs, 0];
  for (const [atMs] of samples) {
    longestMs = Math.max(longestMs, atMs - beforeMs);
    beforeMs = atMs;
  }
  return Math.max(longestMs, endMs - beforeMs);
}
