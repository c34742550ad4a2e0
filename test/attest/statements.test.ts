/** What is said of decisions of whole promotions, and never said before it is true. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { ReleaseDecision } from '../../src/core/attest/release-decision.ts';
import { parseStatement } from '../../src/core/attest/statement.ts';
import type { VerificationSummary } from '../../src/core/attest/verification-summary.ts';
import { releaseStatements } from '../../src/core/decision/release-statements.ts';
import type { State } from '../../src/core/promotion/state.ts';
import { scenarioPlan } from '../scenario/scenario-plan.ts';
import { words } from '../scenario/script.ts';
import { StageRun } from '../scenario/stage.ts';

const TO_DECISION = [
  ...['open rm-1', 'ok', 'ok', 'ok', 'intervals 10', 'ok', 'ok', 'intervals 5', 'ok'],
  ...['intervals 10', 'ok', 'ok', 'ok'],
];

function play(...lines: readonly string[]): StageRun {
  const stage = new StageRun(scenarioPlan([words('plan')]));
  for (const line of lines) stage.run(line);
  return stage;
}

function told(stage: StageRun, change: (state: State) => State = (state) => state) {
  if (stage.state === null) throw new Error('nothing is open');
  const { plan, steps } = stage;
  const all = releaseStatements({ plan, state: change(stage.state), steps }, '1.2.3');
  return new Map(
    all.map(({ name, bytes }) => {
      const parsed = parseStatement(bytes);
      if (!parsed.ok) throw new Error(parsed.problem.message);
      return [name, parsed.value] as const;
    }),
  );
}

const signed = () => play(...TO_DECISION, 'sign sre-lead sre-1', 'sign release-manager rm-1');
const decisionOf = (statements: ReturnType<typeof told>) =>
  statements.get('decision-1')?.predicate as ReleaseDecision;
const summaryOf = (statements: ReturnType<typeof told>, name = 'summary-1') =>
  statements.get(name)?.predicate as VerificationSummary | undefined;

describe('a signed GO', () => {
  test('is told with its gates, samples, inputs and signatures', () => {
    const stage = signed();
    const statements = told(stage);
    const decision = decisionOf(statements);
    expect(decision).toMatchObject({ decision: 'GO', revoked: null, engine: { version: '1.2.3' } });
    expect(decision.signOffs.map(({ person, role }) => `${person} ${role}`)).toEqual([
      'sre-1 sre-lead',
      'rm-1 release-manager',
    ]);
    expect(decision.gates.length).toBeGreaterThan(0);
    for (const gate of decision.gates) {
      expect(gate.basis).toBe('recomputed');
      for (const check of gate.checks) {
        expect(check).toMatchObject({ samples: 10, inputSha256: '00'.repeat(32) });
        expect(check.method?.rule).toBeTruthy();
        expect(check.evidenceSha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
    expect(decision.requestSha256).toBe(stage.state?.decisions[0]?.requestSha256);
    expect(decision.ledgerSizeBefore).toBe(stage.steps.length - 1);
  });

  test('is PASSED, and so is each gate that passed', () => {
    const statements = told(signed());
    expect(summaryOf(statements)).toMatchObject({
      verificationResult: 'PASSED',
      verifiedLevels: ['AURORA_RELEASE_GO'],
    });
    const gates = [...statements.keys()].filter((name) => name.startsWith('gate-1-'));
    expect(gates).toHaveLength(decisionOf(statements).gates.length);
    for (const name of gates) {
      expect(summaryOf(statements, name)?.verificationResult).toBe('PASSED');
    }
    expect(statements.get('summary-1')?.subject[0]?.digest.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is not PASSED once it is revoked, turned back, superseded or practice', () => {
    const first = (state: State) => state.decisions[0];
    const withFirst = (over: object) => (state: State) => {
      const decided = first(state);
      return decided === undefined ? state : { ...state, decisions: [{ ...decided, ...over }] };
    };
    const resultOf = (change: (state: State) => State) =>
      summaryOf(told(signed(), change))?.verificationResult;
    expect(resultOf((state) => state)).toBe('PASSED');
    expect(resultOf(withFirst({ revoked: 'gate ready fails' }))).toBe('FAILED');
    expect(resultOf(withFirst({ revoked: 'superseded by a newer decision' }))).toBeUndefined();
    const cause = { kind: 'person', text: 'by hand' } as const;
    const wentBack = { outcome: { kind: 'rolled-back', cause, atMs: 5 } } as const;
    expect(resultOf((state) => ({ ...state, ...wentBack }))).toBe('FAILED');
    expect(resultOf((state) => ({ ...state, rehearsal: true }))).toBeUndefined();
  });
});

test('a CONDITIONAL yields no PASSED before its conditions are met', () => {
  const conditional = (metAtMs: number | null) => (state: State) => {
    const decisions = state.decisions.map((one) => ({
      ...one,
      outcome: 'CONDITIONAL' as const,
      conditions: [
        { gate: 'ready', expiresAtMs: one.atMs + 1_000, metAtMs: one.atMs + 500 },
        { gate: 'other', expiresAtMs: one.atMs + 1_000, metAtMs },
      ],
    }));
    return { ...state, decisions };
  };
  const open = told(signed(), conditional(null));
  expect(decisionOf(open).decision).toBe('CONDITIONAL');
  expect(decisionOf(open).conditions.map(({ metAt }) => metAt === null)).toEqual([false, true]);
  expect(summaryOf(open)).toBeUndefined();
  const atMs = signed().now + 900;
  const met = summaryOf(told(signed(), conditional(atMs)));
  expect(met).toMatchObject({
    verificationResult: 'PASSED',
    timeVerified: new Date(atMs).toISOString(),
  });
});

test('a rejection is FAILED, with the word of who rejected', () => {
  const stage = play(...TO_DECISION, 'sign sre-lead sre-1 reject');
  const statements = told(stage);
  expect(decisionOf(statements)).toMatchObject({ decision: 'NO-GO' });
  expect(decisionOf(statements).signOffs).toMatchObject([{ person: 'sre-1', choice: 'reject' }]);
  expect(summaryOf(statements)?.verificationResult).toBe('FAILED');
});

describe('beside the decisions', () => {
  test('the verdict with what it rests on', () => {
    const stage = signed();
    const verdict = told(stage).get('verdict');
    expect(verdict?.predicateType).toBe('https://aurora.example/verdict/v1');
    expect(verdict?.predicate).toMatchObject({
      verdict: stage.state?.verdict,
      settings: { alpha: 0.01 },
      pairs: stage.state?.evidence.judge?.pairs,
      judgeStateSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(told(stage).has('rollback')).toBe(false);
    expect([...told(play('open rm-1')).keys()]).toEqual([]);
  });

  test('the way back with its cause, and when all traffic was at stable', () => {
    const stage = play(...TO_DECISION, 'sign sre-lead sre-1 reject');
    const before = told(stage).get('rollback')?.predicate;
    expect(before).toMatchObject({ cause: { kind: 'rejected' }, stableAt: null, outcome: null });
    stage.run('ok');
    stage.run('ok');
    expect(told(stage).get('rollback')?.predicate).toMatchObject({
      cause: { kind: 'rejected' },
      stableAt: expect.stringMatching(/Z$/),
      outcome: 'rolled-back',
      weights: { stable: 100, candidate: 0 },
      revokes: null,
    });
  });
});

test('evidence that was changed afterwards is not called recomputed', () => {
  const stage = signed();
  for (const step of stage.steps) {
    if (step.event.kind !== 'evidence') continue;
    const evidence = step.event.evidence.map((one) => ({ ...one, samples: one.samples + 1 }));
    step.event = { ...step.event, evidence };
  }
  const decision = decisionOf(told(stage));
  expect(new Set(decision.gates.map(({ basis }) => basis))).toEqual(new Set(['recorded']));
  expect(decision.gates[0]?.checks[0]?.samples).toBeNull();
});

test('the same record gives the same bytes', () => {
  const stage = signed();
  expect(digestOf([...told(stage)])).toBe(digestOf([...told(stage)]));
});
