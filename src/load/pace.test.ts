import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

test('evenly spaced, exact over any time, however often it is asked', () => {
  const pace = new Pace(150, 0);
  let sent = 0;
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 4) {
    const due = pace.take(nowMs);
    expect(due).toBeLessThanOrEqual(1);
    sent += due;
  }
  expect(sent).toBe(1_500);
});

test('one request in a while is no burst', () => {
  const pace = new Pace(1, 0);
  expect([500, 1_000, 1_500, 2_000].map((ms) => pace.take(ms))).toEqual([0, 1, 0, 1]);
});

test('what a stalled machine missed is not sent after it, beyond a second', () => {
  const pace = new Pace(100, 0);
  expect(pace.take(1_000)).toBe(100);
  expect(pace.take(60_000)).toBe(100);
  expect(pace.take(60_100)).toBe(10);
});
