import { afterEach, expect, test, vi } from 'vitest';
import { SystemClock } from './system.ts';

afterEach(() => vi.useRealTimers());

const DAY_MS = 86_400_000;

test('a sleep of 60 days lasts 60 days', async () => {
  vi.useFakeTimers();
  let isOver = false;
  const slept = new SystemClock().sleep(60 * DAY_MS).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(59 * DAY_MS);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(DAY_MS + 1);
  expect(isOver).toBe(true);
  await slept;
});

test('a signal ends it early, and leaves nothing behind', async () => {
  const clock = new SystemClock();
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, 'removeEventListener');
  const startedMs = clock.monotonic();
  setTimeout(() => stop.abort(), 20);
  await clock.sleep(60_000, stop.signal);
  await clock.sleep(60_000, stop.signal);
  expect(clock.monotonic() - startedMs).toBeLessThan(5_000);
  expect(removed).toHaveBeenCalled();
});

test.each([0, -1, Number.NaN])('a sleep of %d ms is over', async (ms) => {
  await new SystemClock().sleep(ms);
});

test('never shorter than asked', async () => {
  const clock = new SystemClock();
  const startedMs = clock.monotonic();
  await clock.sleep(25);
  expect(clock.monotonic() - startedMs).toBeGreaterThanOrEqual(25);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
});
