import { expect, test } from 'vitest';
import { interval, metric, plainSettings } from '../../../test/judge/tracks.ts';
import type { Interval, Measurement, TrackInterval } from '../evidence/interval.ts';
import { explain } from './explain.ts';
import { type JudgeState, judge, observe, startJudge } from './judge.ts';
import type { JudgeSettings, Metric } from './settings.ts';

const SETTINGS = plainSettings(4320);
const ERRORS = metric('errors');

function rate(events: number, total: number): Measurement {
  return { kind: 'rate', events, total };
}

function track(measurements: Record<string, Measurement>, requests: number): TrackInterval {
  return { up: true, requests, metrics: measurements };
}

/** 5 % to the candidate, 5 % to the baseline of 1,200 requests. */
function row(seq: number, bad: { stable: number; baseline: number; candidate: number }): Interval {
  const side = (events: number, total: number): TrackInterval =>
    track({ errors: rate(events, total) }, total);
  return {
    ...interval(seq, null, null),
    candidatePct: 5,
    stable: side(bad.stable, 1_080),
    baseline: side(bad.baseline, 60),
    candidate: side(bad.candidate, 60),
  };
}

function play(
  rows: readonly Interval[],
  settings: JudgeSettings = SETTINGS,
  metrics: readonly Metric[] = [ERRORS],
): JudgeState {
  return rows.reduce(
    (state, one) => observe(settings, metrics, state, one, one.candidatePct),
    startJudge(settings, metrics),
  );
}

const COLD = Array.from({ length: 60 }, (_, seq) =>
  row(seq, { stable: 1, baseline: 3, candidate: 3 }),
);

test('cold processes against a cold one: no difference; against a warm stable: rolled back', () => {
  const fresh = judge(SETTINGS, [ERRORS], play(COLD));
  expect(fresh.crossedSeq).toBeNull();
  expect(fresh).toMatchObject({ pairs: 60, freshPairs: 60, metrics: [{ ratio: 1 }] });
  expect(explain(fresh)).toContain('60 compared, 60 of them with a fresh baseline');
  const warm = COLD.map(({ baseline: _, ...rest }) => rest);
  const against = judge(SETTINGS, [ERRORS], play(warm));
  expect(against.kind).toBe('rollback');
  expect(against).not.toHaveProperty('freshPairs');
});

test('a candidate that is worse than a fresh stable is found', () => {
  const rows = COLD.map((_, seq) => row(seq, { stable: 1, baseline: 3, candidate: 12 }));
  expect(judge(SETTINGS, [ERRORS], play(rows)).kind).toBe('rollback');
});

test.each([
  ['was not there', null],
  ['was down', { ...track({ errors: rate(0, 60) }, 60), up: false }],
])('a baseline that %s: no pair, never stable in its place', (_, baseline) => {
  const state = play(COLD.map((one) => ({ ...one, baseline })));
  expect(state.pairs).toBe(0);
  expect(judge(SETTINGS, [ERRORS], state).kind).toBe('inconclusive');
});

test('its requests are of stable’s share: the split is right', () => {
  const { split } = judge(SETTINGS, [ERRORS], play(COLD));
  expect(split).toMatchObject({ expectedPct: 5, observedPct: 5, requests: 60 * 1_200 });
});

test('stable goes on teaching its own variation', () => {
  const dispersion = { kind: 'measured', blocks: [1], intervalsMin: 10 } as const;
  const settings = { ...SETTINGS, dispersion };
  const [found] = judge(settings, [ERRORS], play(COLD, settings)).metrics;
  expect(found).toMatchObject({ phiIntervals: 60, pairs: 50 });
});

test('a gauge is compared at a small weight: both have the same load', () => {
  const gauge: Metric = { ...metric('queue'), kind: 'value' };
  const value = (at: number): Measurement => ({ kind: 'value', value: at });
  const rows = COLD.map((one, seq) => ({
    ...one,
    stable: track({ queue: value(90) }, 1_080),
    baseline: track({ queue: value(5 + (seq % 3)) }, 60),
    candidate: track({ queue: value(5 + ((seq + 1) % 3)) }, 60),
  }));
  expect(play(rows, SETTINGS, [gauge]).pairs).toBe(60);
  const without = rows.map(({ baseline: _, ...rest }) => rest);
  expect(play(without, SETTINGS, [gauge]).pairs).toBe(0);
});

test('the warm-up: not compared on either side, said so, and split and stable are measured', () => {
  const settings = { ...SETTINGS, warmUpIntervals: 20 };
  const early = play(COLD.slice(0, 20), settings);
  expect(early.pairs).toBe(0);
  expect(judge(settings, [ERRORS], early)).toMatchObject({
    kind: 'inconclusive',
    reason: 'the tracks warm up: interval 20 of 20 that are not compared',
    split: { requests: 20 * 1_200 },
  });
  const state = play(COLD, settings);
  expect(state).toMatchObject({ firstSeq: 0, pairs: 40 });
  // What a cold candidate did before has left no trace.
  const bad = COLD.map((one, seq) =>
    seq < 20 ? row(seq, { stable: 1, baseline: 3, candidate: 40 }) : one,
  );
  expect(play(bad, settings).metrics).toEqual(state.metrics);
});
