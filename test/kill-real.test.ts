/**
 * A few whole promotions on real processes, of which some are killed; `make kill-test` runs a hundred.
 * Beside them: what the harness looks for is found where it is.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { killPlan, VICTIMS } from './kill-real/kill-plan.ts';
import { orderFaults } from './kill-real/service-log.ts';
import { startFaults } from './kill-real/starts.ts';

const TOOL = join(import.meta.dirname, '../tools/kill-real.ts');
/** Four in a row that kill each of the five. */
const FIRST = 38;
const RUNS = 4;

test('killed at one step or another, a promotion ends as it must', async () => {
  const seeds = Array.from({ length: RUNS }, (_, index) => FIRST + index);
  const victims = seeds.flatMap((seed) => killPlan(seed).kills.map(({ victim }) => victim));
  expect(new Set(victims)).toEqual(new Set(VICTIMS));
  const args = [TOOL, '--runs', String(RUNS), '--seed', String(FIRST), '--parallel', '2'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = out.trim().split('\n');
  expect(lines.at(-1), out + err).toBe(`${RUNS} runs from seed ${FIRST}, 0 problems`);
  expect(lines).toHaveLength(RUNS + 1);
}, 900_000);

test('a process too many is seen; one that replaces a killed one is none', () => {
  const starts = [
    { pid: 1, version: '1.0.0' },
    { pid: 2, version: '2.0.0-rc.1' },
    { pid: 3, version: '2.0.0-rc.1' },
  ];
  expect(startFaults(starts, [])).toEqual([
    '2.0.0-rc.1 was started 2 times, 0 of its processes were killed',
  ]);
  expect(startFaults(starts, [1])).toHaveLength(1);
  expect(startFaults(starts, [2])).toEqual([]);
});

const ALL = { stable: 100, candidate: 0 };
const HALF = { stable: 50, candidate: 50 };
const CANDIDATE = { host: '127.0.0.1', port: 1, instance: 'a/1', up: true };

function seen(
  term: number,
  generation: number,
  weights: typeof ALL,
  more: { fallbackApplied?: boolean; candidate?: null } = {},
): Parameters<typeof orderFaults>[0][number] {
  const fence = { term, generation };
  return { fence, weights, fallbackApplied: false, candidate: CANDIDATE, ...more };
}

test.each([
  ['rising', [seen(1, 1, ALL), seen(1, 2, HALF), seen(2, 1, ALL)], 0],
  ['the fallback', [seen(1, 2, HALF), seen(1, 2, ALL, { fallbackApplied: true })], 0],
  ['an adoption', [seen(1, 2, HALF), seen(1, 2, ALL, { candidate: null })], 0],
  ['an older generation', [seen(1, 2, HALF), seen(1, 1, HALF)], 1],
  ['an older term', [seen(2, 1, HALF), seen(1, 2, HALF)], 1],
  ['other weights without an order', [seen(1, 2, HALF), seen(1, 2, ALL)], 1],
])('orders as a splitter shows them: %s', (_, states, faults) => {
  expect(orderFaults(states)).toHaveLength(faults);
});
