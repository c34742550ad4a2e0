import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CheckResult } from '../gate/check.ts';
import type { Plan } from '../plan/plan.ts';
import { freezeRequest, type RequestFacts, requestDigest } from './request.ts';

const seen: CheckResult = {
  check: 'c',
  outcome: 'pass',
  observed: '0.01',
  expected: '<= 0.05',
  samples: 10,
  evidenceAtMs: 5,
  evidenceSha256: 'aa',
  reason: 'observed 0.01',
  advisory: false,
};
const plan = {
  release: {
    version: '1.0.0',
    candidate: '1.0.0-rc.1',
    artifacts: [],
    command: null,
    authors: ['author'],
  },
  profile: { name: 'r2', sha256: 'bb' },
  rule: 'matrix',
} as unknown as Plan;
const facts: RequestFacts = {
  promotion: 'p',
  service: 's',
  subject: 'release',
  plan,
  planSha256: 'cc',
  decision: { outcome: 'GO', reasons: [], conditions: [] },
  results: [{ gate: 'g', outcome: 'pass', checks: [seen], evaluatedAtMs: 7 }],
  skipped: [],
  verdict: 'promote',
  synthetic: false,
  rehearsal: false,
  evidenceToSeq: 12,
  createdAtMs: 10,
  expiresAtMs: 20,
};

test('shows those who sign what each check observed and wanted', () => {
  expect(freezeRequest(facts).gates[0]).toMatchObject({
    gate: 'g',
    evaluatedAtMs: 7,
    checks: [
      { check: 'c', outcome: 'pass', observed: '0.01', expected: '<= 0.05', advisory: false },
    ],
  });
});

/** Each is one thing that the decision rests on, changed. */
const CHANGES: Record<string, RequestFacts> = {
  promotion: { ...facts, promotion: 'q' },
  subject: { ...facts, subject: 'confirmation' },
  plan: { ...facts, planSha256: 'dd' },
  profile: { ...facts, plan: { ...plan, profile: { name: 'r2', sha256: 'dd' } } },
  artifacts: {
    ...facts,
    plan: { ...plan, release: { ...plan.release, artifacts: [{ name: 'x', sha256: 'dd' }] } },
  },
  authors: { ...facts, plan: { ...plan, release: { ...plan.release, authors: [] } } },
  outcome: { ...facts, decision: { ...facts.decision, outcome: 'CONDITIONAL' } },
  'what a check rests on': {
    ...facts,
    results: [
      { gate: 'g', outcome: 'pass', checks: [{ ...seen, evidenceSha256: 'dd' }], evaluatedAtMs: 7 },
    ],
  },
  verdict: { ...facts, verdict: 'continue' },
  evidence: { ...facts, evidenceToSeq: 13 },
  expiry: { ...facts, expiresAtMs: 21 },
};

test.each(Object.keys(CHANGES))('has another digest when the %s changes', (name) => {
  const changed = CHANGES[name] ?? facts;
  expect(requestDigest(freezeRequest(changed))).not.toBe(requestDigest(freezeRequest(facts)));
});

test('is the same for the same facts', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (evidenceToSeq, createdAtMs) => {
      const some = { ...facts, evidenceToSeq, createdAtMs };
      expect(requestDigest(freezeRequest(some))).toBe(requestDigest(freezeRequest({ ...some })));
    }),
  );
});
