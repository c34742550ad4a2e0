import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatFinding, parsePlan } from '../check-plan.ts';
import type { Plan } from '../plan.ts';
import { rehearsalOf } from '../rehearsal.ts';
import { showPlan } from '../show.ts';

const GOOD = readFileSync(
  join(import.meta.dirname, '../../../../test/golden/plans/good.yaml'),
  'utf8',
);
const MINUTE_MS = 60_000;
const HOUR = { windowMs: 60 * MINUTE_MS, gapMaxMs: 60 * MINUTE_MS };
const SERVER = {
  url: 'https://prometheus.example/base',
  bearerFile: 'secrets/token',
  basicFile: null,
  deadlineMs: 3_000,
};

function planOf(text: string): Plan {
  const { plan, findings } = parsePlan('f', text, {});
  expect(findings.map(formatFinding)).toEqual([]);
  if (plan === null) throw new Error('no plan');
  return plan;
}

const TEXT = `${GOOD.replace(
  '  errors: {kind: rate}\n',
  `  errors: {kind: rate}
  jobs: {kind: rate, from: {source: prometheus, events: 'bad{t="$track"}', total: 'all{t="$track"}'}}
  took: {kind: histogram, edges: [1, 2], from: {source: prometheus, buckets: 'took{t="$track"}'}}
`,
)
  .replace(
    '      errors: errors over 5m <= 5%\n',
    `      errors: errors over 5m <= 5%
      now: {evidence: {source: prometheus, query: queue}, condition: "<= 5"}
      share: {evidence: {source: prometheus, query: queue <= bool 3}, condition: ratio >= 95% of at least 20}
      never: {evidence: {source: prometheus, query: queue}, condition: never > 5 for 15m}
      seldom: {evidence: {source: prometheus, query: queue, window: 1h}, condition: at most 3 of 60 > 5}
`,
  )
  .replace(
    'interval: 10s\n',
    '',
  )}prometheus: {url: https://prometheus.example/base/, bearerFile: secrets/token, deadline: 3s}\n`;

test('each query says all that it needs, and what is shown reads as the same plan', () => {
  const plan = planOf(TEXT);
  expect(plan.intervalMs).toBe(MINUTE_MS);
  expect(plan.measurements.find(({ metric }) => metric === 'jobs')?.from).toEqual({
    source: 'prometheus',
    series: { kind: 'rate', events: 'bad{t="$track"}', total: 'all{t="$track"}' },
    server: SERVER,
  });
  expect(plan.measurements.find(({ metric }) => metric === 'took')?.from).toMatchObject({
    series: { kind: 'histogram', buckets: 'took_bucket{t="$track"}' },
  });
  const asked = plan.gates.flatMap(({ checks }) => checks.map(({ evidence }) => evidence));
  const base = { source: 'prometheus', server: SERVER };
  const step = { stepMs: MINUTE_MS };
  const windowMs = 30 * MINUTE_MS;
  expect(asked.slice(1)).toEqual([
    { ...base, query: 'queue', form: 'number' },
    { ...base, query: 'queue <= bool 3', form: 'ratio', windowMs: 5 * MINUTE_MS, ...step },
    { ...base, query: 'queue', form: 'series', windowMs, ...step, gapMaxMs: windowMs / 2 },
    { ...base, query: 'queue', form: 'series', ...HOUR, ...step },
  ]);
  expect(planOf(showPlan(plan))).toEqual(plan);
});

test('an expression carries values on: its gaps are shorter by so much', () => {
  const [, , , never] = planOf(
    TEXT.replace('query: queue}, condition: never', 'query: max(queue)}, condition: never'),
  ).gates.flatMap(({ checks }) => checks);
  expect(never?.evidence).toMatchObject({ windowMs: 30 * MINUTE_MS, gapMaxMs: 10 * MINUTE_MS });
});

test('a rehearsal looks at scaled windows in scaled steps', () => {
  const plan = planOf(TEXT);
  const scaled = rehearsalOf(plan, { totalMs: 4 * MINUTE_MS, tickMs: 1_000 });
  const [, now, share, never] = scaled.gates.flatMap(({ checks }) => checks);
  expect(now?.evidence).toEqual(plan.gates[0]?.checks[1]?.evidence);
  expect(share?.evidence).toMatchObject({ windowMs: 5_000, stepMs: 1_000 });
  expect(never?.evidence).toMatchObject({ windowMs: 30_000, stepMs: 1_000, gapMaxMs: 15_000 });
});
