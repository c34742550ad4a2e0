import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import type { Plan } from '../core/plan/plan.ts';
import { type StarterOptions, starterPlan } from './starter-plan.ts';

/** To a plan it is one of its arguments; to a shell a variable. */
const USE = '$' + '{PORT}';
const BASE: StarterOptions = {
  service: 'web',
  stable: '1.0.0',
  version: '1.1.0',
  candidate: '1.1.0-rc.1',
  command: 'node v2.js',
  artifacts: [],
  intervalMs: 1_000,
  weightsPct: [10],
  canaryMs: 60_000,
  load: null,
  signers: [],
};
const SIGNED: Partial<StarterOptions> = {
  artifacts: [
    { name: 'v2.js', sha256: 'c030d0ef915b37d2750a0d303bfdef4b9e9eb32cd61695cd141c5563ba01f35f' },
  ],
  signers: [
    {
      person: 'alice',
      role: 'release-manager',
      publicKey: 'MCowBQYDK2VwAyEAbdGo6Vhu6DtvqRS329ug7nQypL83snNlaqEIf/k38B0=',
    },
    {
      person: 'bob',
      role: 'sre-lead',
      publicKey: 'MCowBQYDK2VwAyEAkc3uHYs0qOfWqvCdcm81fOzwv5OYpxIB2bn3i1IzTQ0=',
    },
  ],
};

/** With every finding, also those that are only warnings. */
function planOf(more: Partial<StarterOptions>): { plan: Plan; findings: string[] } {
  const text = starterPlan({ ...BASE, ...more });
  const { plan, findings } = parsePlan('plan.yaml', text, {});
  if (plan === null) throw new Error(findings.map(formatFinding).join('\n'));
  return { plan, findings: findings.map(formatFinding) };
}

test.each<[string, Partial<StarterOptions>]>([
  ['the least', {}],
  ['seconds', { canaryMs: 1_000 }],
  ['days', { canaryMs: 3 * 86_400_000, intervalMs: 60_000, weightsPct: [1, 5, 25, 50] }],
  ['a load', { load: { ratePerSecond: 200, path: `/a?b=${USE}` } }],
  ['an address', { command: 'http://127.0.0.1:3000' }],
  ['signed', SIGNED],
  ['signed, with a load', { ...SIGNED, load: { ratePerSecond: 1, path: '/' } }],
])('%s: nothing is found fault with', (_, more) => {
  expect(planOf(more).findings).toEqual([]);
});

test('the road: canary, steps to 100 %, watch; the judge keeps its budgets', () => {
  const { plan } = planOf({ weightsPct: [5, 25, 50] });
  expect(plan.phases.map(({ kind }) => kind)).toEqual(['canary', 'rollout', 'watch']);
  expect(plan.phases[0]).toMatchObject({ weightPct: 5, judged: true, durationMs: 60_000 });
  expect(plan.phases[1]).toMatchObject({
    steps: [25, 50, 100].map((weightPct) => ({ weightPct, holdMs: 15_000 })),
  });
  expect(plan.judge).toMatchObject({ alpha: 0.01, alphaPromote: 0.05, alphaSplit: 0.01 });
  expect(plan.metrics.map(({ name, required }) => [name, required])).toEqual([
    ['errors', true],
    ['latency', true],
  ]);
  expect(plan.triggers.map(({ name }) => name)).toEqual(['many-errors', 'candidate-down']);
  expect(plan.decision).toBe('none');
});

test('signed: a decision by both roles before 100 %', () => {
  const { plan } = planOf(SIGNED);
  const kinds = ['canary', 'decision', 'rollout', 'watch'];
  expect(plan.phases.map(({ kind }) => kind)).toEqual(kinds);
  expect(plan.phases[1]).toMatchObject({
    signOffs: [
      { role: 'release-manager', count: 1 },
      { role: 'sre-lead', count: 1 },
    ],
  });
  expect(plan.decision).toBe('signed');
});

test('any command comes out as it went in', () => {
  const command = fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom(`a ${USE} b`, `$${USE}`, '${', '${a', '- x: #y', '"\'', "it's\ttab", 'a\nb'),
  );
  fc.assert(
    fc.property(
      command.filter((text) => /\S/.test(text)),
      (text) => {
        const { plan } = parsePlan('plan.yaml', starterPlan({ ...BASE, command: text }), {});
        // A plan may refuse what is not filled in (`...`); what it takes it takes as it is.
        if (plan !== null) expect(plan.release.command).toBe(text);
      },
    ),
  );
  for (const text of [`a ${USE} b`, `$${USE}`, '${', '- x: #y', '"\'']) {
    expect(planOf({ command: text }).plan.release.command).toBe(text);
  }
});
