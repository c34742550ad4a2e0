import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  PlantedAuthority,
  type TokenWords,
  timeText,
} from '../../../test/rig/planted-authority.ts';
import {
  LOCAL_POLICY,
  openLocalAuthority,
  replyOf,
} from '../../adapters/timestamps/local-authority.ts';
import { present } from '../../base/assert.ts';
import { fromHex } from '../../base/bytes.ts';
import { encodeQuery, readQuery } from './query.ts';
import { trustedCertificates } from './trusted-certificates.ts';
import { type TimestampExpectation, verifyTimestamp } from './verify-timestamp.ts';

const DIGEST = 'ab'.repeat(32);
const NONCE = '4102030405060708';

let folder: string;
let planted: PlantedAuthority;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aurora-tsa-'));
  planted = PlantedAuthority.make(join(folder, 'planted'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectation(
  pem: string,
  changes: Partial<TimestampExpectation> = {},
): TimestampExpectation {
  const trusted = trustedCertificates(pem);
  if (!trusted.ok) throw new Error(trusted.problem.message);
  const base = {
    hash: 'sha256',
    digestHex: DIGEST,
    nonceHex: NONCE,
    policies: [LOCAL_POLICY],
  } as const;
  return { ...base, trusted: trusted.value, ...changes };
}

const RULES: readonly {
  name: string;
  words: Partial<TokenWords>;
  expected?: Partial<TimestampExpectation>;
  code?: string;
  says?: RegExp;
}[] = [
  { name: 'a good token', words: {} },
  { name: 'granted with changes', words: { status: 1 } },
  { name: 'no nonce is asked for', words: { nonceHex: null }, expected: { nonceHex: null } },
  { name: 'it does not say how exact it is', words: { accuracySeconds: null } },
  {
    name: 'a CA on the way, in the bag',
    words: { signer: 'of-sub-ca', more: ['-certfile', 'sub-ca.pem'] },
  },
  { name: 'strangers in the bag', words: { more: ['-certfile', 'of-other-root.pem'] } },
  {
    name: 'rejected',
    words: { status: 2 },
    code: 'refused',
    says: /granted no timestamp: rejected/,
  },
  { name: 'waiting', words: { status: 3 }, code: 'unavailable', says: /waiting/ },
  { name: 'of another thing', words: { digestHex: 'ac'.repeat(32) }, says: /something else/ },
  { name: 'another hash', words: {}, expected: { hash: 'sha512' }, says: /something else/ },
  { name: 'another nonce', words: { nonceHex: '41' }, says: /nonce/ },
  { name: 'no nonce though one was sent', words: { nonceHex: null }, says: /nonce/ },
  { name: 'another policy', words: { policy: '1.2.3.4' }, says: /policy 1\.2\.3\.4/ },
  { name: 'version 2', words: { version: 2 }, says: /version 2/ },
  { name: 'a vague time', words: { accuracySeconds: 61 }, says: /may be off by 61000 ms/ },
  {
    name: 'no usage',
    words: { signer: 'no-usage' },
    says: /does not say that it is for timestamps/,
  },
  {
    name: 'usage that may be ignored',
    words: { signer: 'usage-not-critical' },
    says: /as critical/,
  },
  { name: 'a usage beside', words: { signer: 'two-usages' }, says: /not for timestamps alone/ },
  {
    name: 'a key for something else',
    words: { signer: 'other-key-usage' },
    says: /signatures alone/,
  },
  { name: 'the signer is a CA', words: { signer: 'is-ca' }, says: /is a CA/ },
  {
    name: 'an unknown critical extension',
    words: { signer: 'unknown-critical' },
    says: /not known/,
  },
  { name: 'a root of the same name', words: { signer: 'of-other-root' }, says: /pinned roots/ },
  { name: 'its CA is not there', words: { signer: 'of-sub-ca' }, says: /pinned roots/ },
  {
    name: 'issued by what is no CA',
    words: { signer: 'of-no-ca', more: ['-certfile', 'good.pem'] },
    says: /is no CA/,
  },
  { name: 'a short RSA key', words: { signer: 'weak' }, says: /RSA key below 2048/ },
  { name: 'no certificate', words: { more: ['-nocerts'] }, says: /no certificate in it/ },
  {
    name: 'not identified',
    words: { isIdentified: false },
    says: /does not sign which certificate/,
  },
  {
    name: 'two signers',
    words: { more: ['-signer', 'of-sub-ca.pem', '-inkey', 'of-sub-ca.key'] },
    says: /2 signers/,
  },
  { name: 'SHA-1', words: { more: ['-md', 'sha1'] }, says: /not accepted/ },
  { name: 'by key identifier', words: { more: ['-keyid'] } },
  {
    name: 'before its certificate',
    words: { genTime: '20200101000000Z' },
    says: /not valid before/,
  },
  {
    name: 'after its certificate',
    words: { genTime: timeText(Date.now() + 25 * 86_400_000) },
    says: /not valid after/,
  },
  { name: 'a day that is none', words: { genTime: '20260231000000Z' }, says: /no instant/ },
  { name: 'a time elsewhere', words: { genTime: '20261121120000+0100' }, says: /no instant/ },
];

test.each(RULES)('$name', ({ words, expected, code, says }) => {
  const response = planted.reply({ digestHex: DIGEST, nonceHex: NONCE, ...words });
  const verified = verifyTimestamp(response, expectation(planted.pem('root'), expected));
  if (says === undefined) {
    expect(verified).toMatchObject({
      ok: true,
      value: { policy: LOCAL_POLICY, serialHex: '4711' },
    });
  } else {
    const problem = { code: code ?? 'integrity', message: expect.stringMatching(says) };
    expect(verified).toMatchObject({ ok: false, problem });
  }
});

test.each([
  ['0000Z', 0, 1_000],
  ['0000.5Z', 500, 100],
  ['0000.07Z', 70, 10],
  ['0000.123Z', 123, 1],
  ['0000.123999Z', 123, 1],
])('%s is read to the millisecond', (genTime, fractionMs, granularityMs) => {
  // Within the planted certificates, which begin today: an hour from now on the whole hour.
  const hourMs = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
  const text = timeText(hourMs).slice(0, 10) + genTime;
  const response = planted.reply({ digestHex: DIGEST, nonceHex: NONCE, genTime: text });
  const verified = verifyTimestamp(response, expectation(planted.pem('root')));
  const value = { genTimeMs: hourMs + fractionMs, granularityMs };
  expect(verified).toMatchObject({ ok: true, value });
});

test('a CA out of band, and a signer out of band', () => {
  const words = { digestHex: DIGEST, nonceHex: NONCE };
  const bySub = planted.reply({ ...words, signer: 'of-sub-ca' });
  const both = planted.pem('root') + planted.pem('sub-ca');
  expect(verifyTimestamp(bySub, expectation(both)).ok).toBe(true);
  const bare = planted.reply({ ...words, more: ['-nocerts'] });
  const withSigner = planted.pem('root') + planted.pem('good');
  expect(verifyTimestamp(bare, expectation(withSigner)).ok).toBe(true);
});

test('no byte of a token can change unseen', async () => {
  const authority = await openLocalAuthority(join(folder, 'local'), 'local');
  if (!authority.ok) throw new Error(authority.problem.message);
  const query = encodeQuery(present(fromHex(DIGEST), ''), present(fromHex(NONCE), ''));
  const reply = await replyOf(authority.value, query);
  if (!reply.ok) throw new Error(reply.problem.message);
  const expected = expectation(readFileSync(authority.value.rootPath, 'utf8'));
  const whole = verifyTimestamp(reply.value, expected);
  expect(whole.ok).toBe(true);
  const unseen: string[] = [];
  const tried = (bytes: Uint8Array, place: string): void => {
    const verified = verifyTimestamp(bytes, expected);
    if (verified.ok) expect(verified).toEqual(whole);
    if (verified.ok) unseen.push(place);
  };
  for (const [at, byte] of reply.value.entries()) {
    for (const mask of [0x01, ...(at % 4 === 0 ? [0x80, 0xff] : [])]) {
      const bytes = reply.value.slice();
      bytes[at] = byte ^ mask;
      tried(bytes, `${at} ^ ${mask}`);
    }
  }
  // Granted, or granted with changes: nobody signs that word, and the token says the same.
  expect(unseen).toEqual(['8 ^ 1']);
  for (let length = 0; length < reply.value.length; length += 10) {
    expect(verifyTimestamp(reply.value.subarray(0, length), expected).ok).toBe(false);
  }
  expect(verifyTimestamp(Uint8Array.of(...reply.value, 0), expected).ok).toBe(false);
}, 120_000);

test('garbage is a problem, never an exception', () => {
  const expected = expectation(planted.pem('root'));
  const good = planted.reply({ digestHex: DIGEST, nonceHex: NONCE });
  const pieces = fc.tuple(
    fc.nat(good.length),
    fc.nat(good.length),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(pieces, ([from, to, put]) => {
      const bytes = Uint8Array.of(...good.subarray(0, from), ...put, ...good.subarray(to));
      const isSame = Buffer.compare(bytes, good) === 0;
      expect(verifyTimestamp(bytes, expected).ok).toBe(isSame);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(verifyTimestamp(bytes, expected).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
  const deep = new Uint8Array(100_000).fill(0x30);
  expect(verifyTimestamp(deep, expected).ok).toBe(false);
});

test('a query is read as it was written', () => {
  const bytes = encodeQuery(present(fromHex(DIGEST), ''), present(fromHex(NONCE), ''));
  const value = { hash: 'sha256', digestHex: DIGEST, nonceHex: NONCE };
  expect(readQuery(bytes)).toEqual({ ok: true, value });
  expect(readQuery(Uint8Array.of(...bytes, 0)).ok).toBe(false);
});
