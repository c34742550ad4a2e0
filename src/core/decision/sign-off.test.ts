import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Plan } from '../plan/plan.ts';
import { checkOverride, overrideDocument } from './override.ts';
import { quorum } from './quorum.ts';
import type { DecisionRequest } from './request.ts';
import { type AcceptedSignOff, checkSignOff, signOffDocument } from './sign-off.ts';

const NOW = 1_000;
const people = new Map(
  ['rm', 'sre', 'author', 'planner'].map((id) => [id, generateKeyPairSync('ed25519')]),
);

function publicKeyOf(id: string): string {
  const key = people.get(id)?.publicKey.export({ format: 'der', type: 'spki' });
  return key?.toString('base64') ?? '';
}

function signatureOf(id: string, text: string): string {
  return sign(null, Buffer.from(text), people.get(id)?.privateKey as KeyObject).toString('base64');
}

const plan = {
  people: [...people.keys()].map((id) => ({ id, publicKey: publicKeyOf(id) })),
  roles: [
    { name: 'release-manager', people: ['rm', 'author', 'planner'] },
    { name: 'sre-lead', people: ['sre', 'rm'] },
  ],
  release: {
    version: '1.0.0',
    candidate: '1.0.0-rc.1',
    artifacts: [],
    command: null,
    authors: ['author'],
  },
  overrideRoles: ['release-manager'],
  authors: ['planner'],
  gates: [{ name: 'g' }],
} as unknown as Plan;
const request = { kind: 'DecisionRequest', promotion: 'p', expiresAtMs: 2_000 } as DecisionRequest;
const roles = ['release-manager', 'sre-lead'];

function accept(
  id: string,
  role: string,
  parts: { choice?: 'approve' | 'reject'; at?: number } = {},
) {
  const { choice = 'approve', at = NOW } = parts;
  const document = signOffDocument(request, { person: id, role, choice, atMs: NOW });
  const place = { plan, roles, request, accepted: [] };
  return checkSignOff(place, { document, signature: signatureOf(id, document) }, at);
}

describe('a sign-off', () => {
  test('is taken from a holder of the role, over the open request', () => {
    const taken = accept('rm', 'release-manager');
    expect(taken.ok && taken.value).toMatchObject({ person: 'rm', role: 'release-manager' });
  });

  test('is refused, with a reason', () => {
    const good = signOffDocument(request, {
      person: 'rm',
      role: 'sre-lead',
      choice: 'approve',
      atMs: NOW,
    });
    const place = { plan, roles, request, accepted: [] as AcceptedSignOff[] };
    const by = (id: string, document: string, over = {}) =>
      checkSignOff({ ...place, ...over }, { document, signature: signatureOf(id, document) }, NOW);
    const other = { ...request, promotion: 'q' };
    const elsewhere = signOffDocument(other, {
      person: 'rm',
      role: 'sre-lead',
      choice: 'approve',
      atMs: NOW,
    });
    const before: AcceptedSignOff = {
      person: 'rm',
      role: 'release-manager',
      choice: 'approve',
      atMs: 0,
      signature: '',
    };
    const cases: [ReturnType<typeof by>, RegExp][] = [
      [by('sre', good), /not by the key of rm/],
      [by('rm', good.replace('approve', 'approvE')), /neither approves nor rejects/],
      [by('rm', `${good} `), /no JSON object/],
      [by('rm', '[]'), /no JSON object/],
      [by('rm', elsewhere), /another request/],
      [by('rm', good, { roles: ['release-manager'] }), /no sign-off as sre-lead/],
      [by('rm', good, { accepted: [before] }), /has signed already/],
      [accept('author', 'release-manager'), /made this release/],
      [accept('planner', 'release-manager'), /made this release or its plan/],
      [accept('sre', 'release-manager'), /does not hold the role/],
      [accept('rm', 'release-manager', { at: 2_000 }), /expired/],
    ];
    for (const [result, reason] of cases) {
      expect(result.ok ? 'taken' : result.problem.message).toMatch(reason);
    }
  });

  test('holds nothing but what is signed for', () => {
    const by = { person: 'rm', role: 'sre-lead', choice: 'approve', atMs: NOW } as const;
    const plain = JSON.parse(signOffDocument(request, by)) as Record<string, unknown>;
    const place = { plan, roles, request, accepted: [] };
    for (const change of [{ note: 'only in staging' }, { apiVersion: 'aurora/v2' }]) {
      const document = canonicalJson({ ...plain, ...change });
      const taken = checkSignOff(place, { document, signature: signatureOf('rm', document) }, NOW);
      expect(taken.ok ? 'taken' : taken.problem.message).toMatch(/says more than a sign-off/);
    }
  });

  test('is not taken twice under two names of one key', () => {
    const key = publicKeyOf('rm');
    const twins = {
      ...plan,
      people: [...plan.people, { id: 'alias', publicKey: key }],
      roles: [...plan.roles, { name: 'owner', people: ['alias'] }],
    };
    const document = signOffDocument(request, {
      person: 'alias',
      role: 'owner',
      choice: 'approve',
      atMs: NOW,
    });
    const first = accept('rm', 'release-manager');
    const accepted = first.ok ? [first.value] : [];
    const place = { plan: twins, roles: ['owner'], request, accepted };
    const taken = checkSignOff(place, { document, signature: signatureOf('rm', document) }, NOW);
    expect(taken.ok ? 'taken' : taken.problem.message).toMatch(/key of rm, who has signed/);
  });

  test('an author may reject', () => {
    expect(accept('author', 'release-manager', { choice: 'reject' }).ok).toBe(true);
  });

  test('any changed byte of document or signature is refused', () => {
    const document = signOffDocument(request, {
      person: 'rm',
      role: 'sre-lead',
      choice: 'approve',
      atMs: NOW,
    });
    const signature = signatureOf('rm', document);
    const place = { plan, roles, request, accepted: [] };
    for (let i = 0; i < document.length; i += 1) {
      const changed =
        document.slice(0, i) +
        String.fromCharCode(document.charCodeAt(i) ^ 1) +
        document.slice(i + 1);
      expect(checkSignOff(place, { document: changed, signature }, NOW).ok).toBe(false);
    }
  });
});

describe('a quorum', () => {
  const required = [
    { role: 'release-manager', count: 1 },
    { role: 'sre-lead', count: 1 },
  ];
  const holders = [
    { role: 'release-manager', people: ['rm'] },
    { role: 'sre-lead', people: ['sre', 'rm'] },
  ];
  const signed = (person: string, role: string, choice: 'approve' | 'reject' = 'approve') => ({
    person,
    role,
    choice,
    atMs: 0,
    signature: '',
  });

  test('says who is missing and who can still sign', () => {
    const standing = quorum(required, holders, [signed('rm', 'release-manager')]);
    expect(standing).toEqual({
      met: false,
      missing: [{ role: 'sre-lead', count: 1, people: ['sre'] }],
      rejectedBy: null,
    });
  });

  test('is met by distinct people, ended by one rejection, and never met by nothing', () => {
    const both = [signed('rm', 'release-manager'), signed('sre', 'sre-lead')];
    expect(quorum(required, holders, both).met).toBe(true);
    expect(quorum(required, holders, [...both, signed('x', 'sre-lead', 'reject')])).toMatchObject({
      met: false,
      rejectedBy: 'x (sre-lead)',
    });
    expect(quorum([], holders, both).met).toBe(false);
  });
});

describe('an override', () => {
  const said = {
    promotion: 'p',
    gate: 'g',
    phase: 'canary',
    reason: 'known',
    atMs: NOW,
    untilMs: 5_000,
  };
  const place = { plan, promotion: 'p', phase: 'canary', results: {} };
  const by = (id: string, role: string, parts: Partial<typeof said> = {}) => {
    const document = overrideDocument({ ...said, ...parts, person: id, role, result: null });
    return checkOverride(place, { document, signature: signatureOf(id, document) }, NOW);
  };

  test.each([
    ['rm', 'release-manager', {}, /^taken$/],
    ['rm', 'sre-lead', {}, /may not skip/],
    ['author', 'release-manager', {}, /made this release/],
    ['planner', 'release-manager', {}, /made this release or its plan/],
    ['rm', 'release-manager', { gate: 'other' }, /no gate/],
    ['rm', 'release-manager', { phase: 'soak' }, /another promotion or phase/],
    ['rm', 'release-manager', { promotion: 'q' }, /another promotion or phase/],
    ['rm', 'release-manager', { reason: ' ' }, /no reason/],
    ['rm', 'release-manager', { untilMs: NOW }, /ended already/],
  ])('%s as %s with %j', (id, role, parts, expected) => {
    const result = by(id, role, parts);
    expect(result.ok ? 'taken' : result.problem.message).toMatch(expected);
  });
});
