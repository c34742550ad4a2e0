import { expect, test } from 'vitest';
import { problem } from '../../base/problem.ts';
import type { VerifiedTimestamp } from './authority.ts';
import { isLate, type Stamp, stampsResult } from './stamps-result.ts';

const T0 = Date.parse('2026-11-21T12:00:00Z');

function said(genTimeMs: number, key: string): VerifiedTimestamp {
  return {
    genTimeMs,
    accuracyMs: 1_000,
    granularityMs: 1_000,
    policy: '1.2.3',
    serialHex: '01',
    nonceHex: null,
    signer: { name: key, sha256: key, keySha256: key, notAfterMs: T0 },
    rootSha256: key,
  };
}

function given(authority: string, genTimeMs: number, changes: Partial<Stamp> = {}): Stamp {
  const stamp = { kind: 'verified', authority, operator: authority, isLate: false } as const;
  return { ...stamp, said: said(genTimeMs, `key of ${authority}`), ...changes } as Stamp;
}

function missing(authority: string, code: 'unavailable' | 'not-found' | 'integrity'): Stamp {
  return { kind: 'missing', authority, operator: authority, problem: problem(code, 'its reason') };
}

const late = { isLate: true } as const;

const RULES: readonly { name: string; stamps: readonly Stamp[]; result: string; says?: RegExp }[] =
  [
    { name: 'both, together', stamps: [given('a', T0), given('b', T0 + 3_000)], result: 'pass' },
    { name: 'at the edge', stamps: [given('a', T0), given('b', T0 + 13_000)], result: 'pass' },
    {
      name: 'beyond the edge, in any order',
      stamps: [given('b', T0 + 13_001), given('a', T0)],
      result: 'fail',
      says: /^a \(.*\) is too far from b \(.*\): 13s1ms apart$/,
    },
    { name: 'one late', stamps: [given('a', T0), given('b', T0 + 9e6, late)], result: 'pass' },
    {
      name: 'both late',
      stamps: [given('a', T0, late), given('b', T0 + 9e6, late)],
      result: 'pass',
    },
    {
      name: 'late and yet earlier',
      stamps: [given('a', T0, late), given('b', T0 + 9e6)],
      result: 'fail',
      says: /is late and yet earlier/,
    },
    {
      name: 'one is down',
      stamps: [given('a', T0), missing('b', 'unavailable')],
      result: 'inconclusive',
      says: /^b: its reason$/,
    },
    {
      name: 'one is not there',
      stamps: [given('a', T0), missing('b', 'not-found')],
      result: 'inconclusive',
    },
    {
      name: 'none',
      stamps: [missing('a', 'unavailable'), missing('b', 'unavailable')],
      result: 'inconclusive',
    },
    { name: 'one is wrong', stamps: [given('a', T0), missing('b', 'integrity')], result: 'fail' },
    {
      name: 'wrong outweighs down',
      stamps: [missing('a', 'integrity'), missing('b', 'unavailable')],
      result: 'fail',
    },
    { name: 'one alone', stamps: [given('a', T0)], result: 'fail', says: /2 operators are needed/ },
    { name: 'nobody', stamps: [], result: 'fail' },
    {
      name: 'one operator, twice written',
      stamps: [
        given('a', T0, { operator: 'Alpha Ltd.' }),
        given('b', T0, { operator: 'ALPHA  LTD' }),
      ],
      result: 'fail',
      says: /there are 1/,
    },
    {
      name: 'one key under two names',
      stamps: [given('a', T0), given('b', T0, { said: said(T0, 'key of a') })],
      result: 'fail',
      says: /a and b sign with one key/,
    },
    {
      name: 'two of three close, the third far',
      stamps: [given('a', T0), given('b', T0), given('c', T0 - 60_000)],
      result: 'fail',
    },
  ];

test.each(RULES)('$name: $result', ({ stamps, result, says }) => {
  const found = stampsResult(stamps);
  expect(found.result).toBe(result);
  expect(found.reasons.length > 0).toBe(result !== 'pass');
  expect(found.provenMs === null).toBe(result !== 'pass');
  if (says !== undefined) expect(found.reasons.some((reason) => says.test(reason))).toBe(true);
});

test('proven is what the last of them says, with its doubt', () => {
  const stamps = [given('a', T0), given('b', T0 + 9e6, late)];
  expect(stampsResult(stamps).provenMs).toBe(T0 + 9e6 + 2_000);
});

test('late is after the first round', () => {
  expect(isLate(said(T0 + 11_000, 'a'), T0)).toBe(false);
  expect(isLate(said(T0 + 11_001, 'a'), T0)).toBe(true);
  expect(isLate(said(T0 + 11_001, 'a'), null)).toBe(false);
});
