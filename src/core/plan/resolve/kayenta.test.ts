import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { formatFinding, parsePlan } from '../check-plan.ts';
import type { Plan } from '../plan.ts';
import { rehearsalOf } from '../rehearsal.ts';
import { showPlan } from '../show.ts';

const GOOD = readFileSync(
  join(import.meta.dirname, '../../../../test/golden/plans/good.yaml'),
  'utf8',
);

function planWith(change: (text: string) => string): Plan {
  const { plan, findings } = parsePlan('good.yaml', change(GOOD), {});
  if (plan === null) throw new Error(findings.map(formatFinding).join('\n'));
  return plan;
}

const withJudge = (judge: string): Plan =>
  planWith((text) => text.replace(/^judge:\n(?: {2}.*\n)+/m, `judge: ${judge}\n`));

test.each<[string, object]>([
  [
    '{method: kayenta}',
    {
      ...{ method: 'kayenta', pass: 95, marginal: 75, everyIntervals: 60, windowIntervals: null },
      ...{ quantile: 0.95, tolerance: 0.25, confidence: 0.98 },
    },
  ],
  [
    '{method: kayenta, pass: 90, marginal: 50, every: 55, window: sliding 120, quantile: 0.99, tolerance: 0.1, confidence: 0.95}',
    {
      ...{ method: 'kayenta', pass: 90, marginal: 50, everyIntervals: 55, windowIntervals: 120 },
      ...{ quantile: 0.99, tolerance: 0.1, confidence: 0.95 },
    },
  ],
])('%s, with every default written out, and shown as a file that says the same', (text, judge) => {
  const plan = withJudge(text);
  expect(plan.judge).toEqual(judge);
  const shown = showPlan(plan);
  expect(shown).not.toContain('Horizon');
  expect(digestOf(planWith(() => shown))).toBe(digestOf(plan));
});

test('the example of docs/formats/peer-conditions.md says the defaults', () => {
  const page = join(import.meta.dirname, '../../../../docs/formats/peer-conditions.md');
  const [, block = ''] =
    /```yaml\njudge:\n((?: {2}.*\n)+)```/.exec(readFileSync(page, 'utf8')) ?? [];
  const plan = withJudge(`\n${block.trimEnd()}`);
  expect(plan.judge).toEqual(withJudge('{method: kayenta}').judge);
});

test("the judge's own method goes without a name, so that locks made before there were two hold", () => {
  expect(planWith((text) => text).judge).not.toHaveProperty('method');
});

const withCheck = (check: string): Plan =>
  planWith((text) => text.replace(/^ {4}checks:\n/m, `    checks:\n      counted: ${check}\n`));

test('failures are counted as the file says, shown, and scaled with a rehearsal', () => {
  const plan = withCheck('errors over 20m at most 6 of 60 > 2%');
  const counted = (one: Plan) =>
    one.gates.flatMap(({ checks }) => checks).find(({ name }) => name === 'counted');
  const rule = { kind: 'failures', op: '>', limit: 0.02, failuresMax: 6, countMin: 60 };
  expect(counted(plan)).toMatchObject(rule);
  expect(digestOf(planWith(() => showPlan(plan)))).toBe(digestOf(plan));
  const scaled = rehearsalOf(plan, { totalMs: 60_000, tickMs: 1_000 });
  const { evidence, countMin, failuresMax } = counted(scaled) as unknown as {
    evidence: { windowMs: number };
    countMin: number;
    failuresMax: number;
  };
  expect(countMin * scaled.intervalMs).toBeLessThanOrEqual(evidence.windowMs);
  expect(countMin).toBeGreaterThan(0);
  expect(failuresMax).toBeLessThan(countMin);
  const open = counted(withCheck('errors over 20m at most 6 > 2%'));
  expect(open).toMatchObject({ failuresMax: 6, countMin: null });
});
