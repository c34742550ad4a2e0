/** Sign-offs by people with every kind of key, signed by the real programs: what holds, what does not. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkOverride, overrideDocument } from '../../src/core/decision/override.ts';
import { quorum } from '../../src/core/decision/quorum.ts';
import type { DecisionRequest } from '../../src/core/decision/request.ts';
import {
  type AcceptedSignOff,
  checkSignOff,
  signOffDocument,
} from '../../src/core/decision/sign-off.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import {
  gpgKeyOf,
  type KeyFolder,
  keyFileOf,
  keyFolder,
  must,
  type Signatory,
  sshKeyOf,
  sshSignatory,
} from './people.ts';

const NOW = 1_000;
const KINDS = ['key', 'p256', 'ssh', 'ssh-p256', 'ssh-rsa', 'gpg', 'gpg-p256', 'gpg-rsa'] as const;
type Kind = (typeof KINDS)[number];

let folder: KeyFolder;
const people = new Map<string, Signatory>();
const request = { kind: 'DecisionRequest', promotion: 'p', expiresAtMs: 2_000 } as DecisionRequest;

beforeAll(() => {
  folder = keyFolder();
  const file = keyFileOf('ed25519');
  people.set('key', file);
  people.set('p256', keyFileOf('p256'));
  people.set('ssh', sshKeyOf(folder, 'ssh', 'ed25519'));
  people.set('ssh-p256', sshKeyOf(folder, 'ssh-p256', 'ecdsa', '-b', '256'));
  people.set('ssh-rsa', sshKeyOf(folder, 'ssh-rsa', 'rsa', '-b', '2048'));
  people.set('gpg', gpgKeyOf(folder, 'gpg', 'ed25519'));
  people.set('gpg-p256', gpgKeyOf(folder, 'gpg-p256', 'nistp256'));
  people.set('gpg-rsa', gpgKeyOf(folder, 'gpg-rsa', 'rsa2048'));
  people.set('twin', sshTwinOf(file));
}, 120_000);
afterAll(() => folder.remove());

/** The same Ed25519 key once as a key file, once as an ssh key. */
function sshTwinOf(file: ReturnType<typeof keyFileOf>): Signatory {
  const jwk = file.privateKey.export({ format: 'jwk' });
  const [seed, raw] = [jwk.d, jwk.x].map((text) => Buffer.from(text ?? '', 'base64url'));
  if (seed === undefined || raw === undefined) throw new Error('no Ed25519 key');
  const text = (value: string | Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(value));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const pub = Buffer.concat([text('ssh-ed25519'), text(raw)]);
  const number = (value: number): Buffer => Buffer.from([0, 0, 0, value]);
  const secret = Buffer.concat([
    ...[number(7), number(7), pub, text(Buffer.concat([seed, raw])), text('twin')],
    Buffer.from([1, 2, 3, 4, 5, 6, 7]),
  ]);
  const padded = secret.subarray(0, secret.length - (secret.length % 8));
  // PROTOCOL.key of OpenSSH: no cipher, no passphrase, one key.
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[text('none'), text('none'), text(''), number(1), text(pub), text(padded)],
  ]).toString('base64');
  const keyFile = folder.path('twin');
  const lines = body.match(/.{1,70}/g)?.join('\n') ?? '';
  const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
  writeFileSync(keyFile, pem, { mode: 0o600 });
  const line = execFileSync('ssh-keygen', ['-y', '-f', keyFile], { encoding: 'utf8' }).trim();
  writeFileSync(`${keyFile}.pub`, `${line}\n`);
  return sshSignatory(keyFile, line);
}

function planWith(...more: { id: string; publicKey: string }[]): Plan {
  const all = [...people].map(([id, { publicKey }]) => ({ id, publicKey }));
  return {
    people: [...all, ...more],
    roles: [
      { name: 'release-manager', people: [...all, ...more].map(({ id }) => id) },
      { name: 'sre-lead', people: [...people.keys()] },
    ],
    release: { authors: ['ssh-p256'] },
    authors: ['gpg-p256'],
  } as unknown as Plan;
}

const DOCUMENT = { role: 'release-manager', choice: 'approve', atMs: NOW } as const;
const documentOf = (person: string, by: object = {}): string =>
  signOffDocument(request, { ...DOCUMENT, person, ...by });
const signerOf = (id: string): Signatory => {
  const found = people.get(id);
  if (found === undefined) throw new Error(id);
  return found;
};
const place = (accepted: readonly AcceptedSignOff[] = [], plan = planWith()) => ({
  plan,
  roles: ['release-manager', 'sre-lead'],
  request,
  accepted,
});

async function told(id: string, document: string, at = place(), now = NOW): Promise<string> {
  const signature = await signerOf(id).sign(document);
  const taken = checkSignOff(at, { document, signature }, now);
  return taken.ok ? 'taken' : taken.problem.message;
}

describe.each(KINDS.filter((kind) => !['ssh-p256', 'gpg-p256'].includes(kind)))('%s', (kind) => {
  test('signs off, once, over the open request, in time', async () => {
    const document = documentOf(kind);
    const signature = await signerOf(kind).sign(document);
    const taken = must(checkSignOff(place(), { document, signature }, NOW));
    expect(taken).toMatchObject({ person: kind, role: 'release-manager', choice: 'approve' });
    expect(await told(kind, documentOf(kind, { role: 'sre-lead' }), place([taken]))).toMatch(
      /has signed already/,
    );
    expect(await told(kind, document, place(), request.expiresAtMs)).toMatch(/expired/);
  });

  test('does not sign for another, nor over another request', async () => {
    const other: Kind = kind === 'key' ? 'ssh' : 'key';
    expect(await told(kind, documentOf(other))).toMatch(`not by the key of ${other}`);
    const changed = signOffDocument(
      { ...request, evidenceToSeq: 7 },
      { ...DOCUMENT, person: kind },
    );
    expect(await told(kind, changed)).toMatch(/another request/);
    const signature = await signerOf(kind).sign(documentOf(kind));
    const moved = checkSignOff(place(), { document: changed, signature }, NOW);
    expect(moved.ok ? 'taken' : moved.problem.message).toMatch(/not by the key of/);
  });

  test('is refused with any of its bytes changed', async () => {
    const document = documentOf(kind);
    const bytes = Buffer.from(await signerOf(kind).sign(document), 'base64');
    const plan = planWith();
    // Of an OpenPGP signature the part that is not hashed says nothing that is read.
    const step = bytes.length > 300 ? 7 : 1;
    const survivors: number[] = [];
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      const signature = changed.toString('base64');
      if (checkSignOff(place([], plan), { document, signature }, NOW).ok) survivors.push(at);
    }
    const isGpg = kind.startsWith('gpg');
    expect(survivors.length).toBeLessThanOrEqual(isGpg ? 12 : 0);
  });
});

test.each(['ssh-p256', 'gpg-p256'])('%s made it: may reject, and not approve', async (id) => {
  expect(await told(id, documentOf(id))).toMatch(/made this release or its plan/);
  expect(await told(id, documentOf(id, { choice: 'reject' }))).toBe('taken');
});

describe('one key under two names', () => {
  const accept = async (id: string, plan: Plan, role = 'release-manager') => {
    const document = documentOf(id, { role });
    const signature = await signerOf(id).sign(document);
    return must(checkSignOff(place([], plan), { document, signature }, NOW));
  };

  test('as a key file and as an ssh line', async () => {
    const first = await accept('key', planWith());
    expect(await told('twin', documentOf('twin'), place([first]))).toMatch(
      /key of key, who has signed already/,
    );
    const second = await accept('twin', planWith());
    expect(await told('key', documentOf('key'), place([second]))).toMatch(/key of twin/);
  });

  test.each(['ssh', 'gpg', 'gpg-rsa'])('as %s twice', async (id) => {
    const alias = { id: 'alias', publicKey: signerOf(id).publicKey };
    const plan = planWith(alias);
    const first = await accept(id, plan);
    expect(await told(id, documentOf('alias'), place([first], plan))).toMatch(`key of ${id}`);
  });
});

test('a quorum of people with keys of different kinds', async () => {
  const accepted: AcceptedSignOff[] = [];
  for (const [id, role] of [
    ['ssh', 'release-manager'],
    ['gpg', 'sre-lead'],
  ] as const) {
    const document = documentOf(id, { role });
    const signature = await signerOf(id).sign(document);
    accepted.push(must(checkSignOff(place(accepted), { document, signature }, NOW)));
  }
  const required = [
    { role: 'release-manager', count: 1 },
    { role: 'sre-lead', count: 1 },
  ];
  expect(quorum(required, [], accepted).met).toBe(true);
});

test.each(['ssh', 'p256', 'gpg'])('an override by %s', async (person) => {
  const until = { atMs: NOW, untilMs: 5_000 };
  const said = { promotion: 'p', gate: 'g', phase: 'canary', reason: 'known', person, ...until };
  const plan = { ...planWith(), overrideRoles: ['release-manager'], gates: [{ name: 'g' }] };
  const at = { plan: plan as unknown as Plan, promotion: 'p', phase: 'canary', results: {} };
  const document = overrideDocument({ ...said, role: 'release-manager', result: null });
  const signature = await signerOf(person).sign(document);
  expect(must(checkOverride(at, { document, signature }, NOW))).toMatchObject({
    person,
    gate: 'g',
  });
  const other = document.replace('known', 'other');
  const changed = checkOverride(at, { document: other, signature }, NOW);
  expect(changed.ok ? 'taken' : changed.problem.message).toMatch(/not by the key of/);
});

test('an ssh signature of another namespace is none', async () => {
  const document = documentOf('ssh');
  writeFileSync(folder.path('document'), document);
  execFileSync(
    'ssh-keygen',
    [...['-q', '-Y', 'sign', '-n', 'file', '-f', folder.path('ssh'), folder.path('document')]],
    { stdio: 'pipe' },
  );
  const armored = execFileSync('cat', [folder.path('document.sig')], { encoding: 'utf8' });
  const signature = armored.split('\n').slice(1, -2).join('');
  const taken = checkSignOff(place(), { document, signature }, NOW);
  expect(taken.ok ? 'taken' : taken.problem.message).toMatch(/made for "file"/);
});
