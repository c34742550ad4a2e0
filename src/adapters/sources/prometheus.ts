import { unreachable } from '../../base/assert.ts';
import { sha256 } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Sample } from '../../core/evidence/counter-series.ts';
import type { EvidenceQuery } from '../../core/gate/check.ts';
import { type Found, failed, nothing, type SourceDeps } from './found.ts';
import { askPrometheus, type PrometheusFound, type PrometheusQuestion } from './prometheus-api.ts';

const REDUCER = 'prometheus-query@1';

type Query = Extract<EvidenceQuery, { source: 'prometheus' }>;

/**
 * A query of a check: one value, or the course of one series over a window. Nothing found, and NaN, is
 * none; more than one series is an error, since which of them is meant is not said.
 */
export async function prometheusEvidence(query: Query, deps: SourceDeps): Promise<Found> {
  const nowMs = deps.now();
  const question = questionOf(query, nowMs);
  const found = await askPrometheus(query.server, question, deps.workFolder);
  if (!found.ok) return failed(REDUCER, found.problem);
  const { type, series, body } = found.value;
  if (query.form === 'number' && type === 'matrix') {
    return failed(REDUCER, 'the query is a range of samples, one value is needed', body);
  }
  const [only, ...others] = series;
  if (only === undefined) return nothing(REDUCER, 'the query found no series');
  if (others.length > 0) {
    return failed(REDUCER, `the query found ${series.length} series, one is needed`, body);
  }
  const samples = only.samples.filter(([, value]) => !Number.isNaN(value));
  const last = samples.at(-1);
  if (last === undefined) return nothing(REDUCER, 'what the query found is NaN');
  const bad = samples.find(([, value]) => !Number.isFinite(value));
  if (bad !== undefined) return failed(REDUCER, 'the query found a value that is infinite', body);
  return reduced(query, nowMs, samples, last, found.value);
}

function questionOf({ query, ...asked }: Query, nowMs: number): PrometheusQuestion {
  if (asked.form === 'number') return { path: 'query', query, atMs: null };
  const { windowMs, stepMs } = asked;
  return { path: 'query_range', query, startMs: nowMs - windowMs, endMs: nowMs, stepMs };
}

function reduced(
  query: Query,
  nowMs: number,
  samples: readonly Sample[],
  last: Sample,
  { body }: PrometheusFound,
): Found {
  const [atMs, value] = last;
  const known = { atMs, samples: samples.length, inputSha256: sha256(body), reducer: REDUCER };
  switch (query.form) {
    case 'number':
      return { ...known, kind: 'number', value };
    case 'ratio': {
      const odd = samples.find(([, one]) => one !== 0 && one !== 1);
      if (odd !== undefined) {
        const reason = `a ratio counts values of 0 and 1, the query found ${odd[1]}: compare with bool`;
        return failed(REDUCER, reason, body);
      }
      const numerator = samples.filter(([, one]) => one === 1).length;
      return { ...known, kind: 'ratio', numerator, denominator: samples.length };
    }
    case 'series': {
      const gapMs = longestGapMs(samples, nowMs - query.windowMs, nowMs);
      if (gapMs > query.gapMaxMs) {
        const [gap, breach] = [gapMs, query.gapMaxMs].map(formatDuration);
        return nothing(
          REDUCER,
          `nothing is known for ${gap}, in which a breach of ${breach} may hide`,
        );
      }
      return { ...known, kind: 'series', points: samples };
    }
    default:
      return unreachable(query);
  }
}

/** The longest time without a sample, the ends of the window included. */
function longestGapMs(samples: readonly Sample[], startMs: number, endMs: number): number {
  const times = [startMs, ...samples.map(([atMs]) => atMs), endMs];
  return Math.max(...times.slice(1).map((atMs, i) => atMs - (times[i] ?? atMs)));
}
