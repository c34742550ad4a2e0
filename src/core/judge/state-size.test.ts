import { expect, test } from 'vitest';
import { draw, interval, metric } from '../../../test/judge/tracks.ts';
import { defaultSettings } from './defaults.ts';
import { observe, startJudge } from './judge.ts';

const DOZEN = [10, 25, 50, 75, 100, 150, 250, 500, 750, 1000, 2500, 5000];

/** The largest that a metric's saved state grows to over a day of one-minute intervals. */
function largestBytes(kind: 'rate' | 'histogram'): number {
  const edges = kind === 'rate' ? [] : DOZEN;
  const one = { ...metric('one', { kind, edges }), weight: 1 };
  const settings = defaultSettings(4320);
  const source = draw(11);
  // Every bucket well filled: numbers of full length everywhere.
  const counted = () =>
    kind === 'rate'
      ? source.rate(600, 0.01)
      : { kind, counts: [...DOZEN, 0].map(() => source.rate(80, 0.5).events) };
  let state = startJudge(settings, [one]);
  let largest = 0;
  for (let i = 0; i < 2000; i += 1) {
    const candidate = i < 1440 ? null : { one: counted() };
    state = observe(settings, [one], state, interval(i, { one: counted() }, candidate), 50);
    if (i > 1440) largest = Math.max(largest, JSON.stringify(state.metrics.one).length);
  }
  return largest;
}

test('a rate is remembered in 1 KiB, a histogram of twelve edges in 8', () => {
  expect(largestBytes('rate')).toBeLessThanOrEqual(1024);
  expect(largestBytes('histogram')).toBeLessThanOrEqual(8192);
  expect(largestBytes('histogram')).toBeGreaterThan(4096);
});
