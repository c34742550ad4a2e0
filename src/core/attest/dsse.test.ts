import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import type { KeyMaterial } from '../../base/key-material.ts';
import { type EnvelopeKey, formatEnvelope, openEnvelope, preAuthentication } from './dsse.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE, statementBytes } from './statement.ts';

const SUBJECT = [{ name: 'shop.tar.gz', digest: { sha256: '0a'.repeat(32) } }];
const payload = statementBytes(SUBJECT, 'https://aurora.example/test/v1', { says: 'yes' });
const signers = ['a', 'b', 'c'].map((id) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const material: KeyMaterial = { kind: 'p256', point: new Uint8Array(der.subarray(-65)) };
  return { id, material, privateKey };
});
const keys: readonly EnvelopeKey[] = signers;

function envelopeBy(...ids: readonly string[]): string {
  const said = preAuthentication(STATEMENT_PAYLOAD_TYPE, payload);
  const signatures = signers
    .filter(({ id }) => ids.includes(id))
    .map(({ id, privateKey }) => ({ keyid: id, sig: sign('sha256', said, privateKey) }));
  return formatEnvelope({ payloadType: STATEMENT_PAYLOAD_TYPE, payload, signatures });
}

const open = (text: string, threshold = 1, known = keys) =>
  openEnvelope(text, { payloadType: STATEMENT_PAYLOAD_TYPE, keys: known, threshold });
const toldOf = (result: ReturnType<typeof open>): string =>
  result.ok ? result.value.signedBy.join(' ') : result.problem.message;

/** DSSE's own example, given as plain numbers: the public key (x, y) and a signature as r and s. */
const EXAMPLE = {
  type: 'http://example.com/HelloWorld',
  body: 'hello world',
  pae: 'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  x: '46950820868899156662930047687818585632848591499744589407958293238635476079160',
  y: '5640078356564379163099075877009565129882514886557779369047442380624545832820',
  sig: 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
};

test('the example of the specification holds', () => {
  expect(fromUtf8(preAuthentication(EXAMPLE.type, utf8(EXAMPLE.body)))).toBe(EXAMPLE.pae);
  const bytes = (decimal: string) =>
    Buffer.from(BigInt(decimal).toString(16).padStart(64, '0'), 'hex');
  const point = Uint8Array.of(4, ...bytes(EXAMPLE.x), ...bytes(EXAMPLE.y));
  const envelope = {
    payload: Buffer.from(EXAMPLE.body).toString('base64'),
    payloadType: EXAMPLE.type,
    signatures: [{ keyid: '66301bbf', sig: EXAMPLE.sig, unknown: true }],
    unknown: 1,
  };
  const expected = {
    payloadType: EXAMPLE.type,
    keys: [{ id: 'one', material: { kind: 'p256', point } as const }],
    threshold: 1,
  };
  const opened = openEnvelope(JSON.stringify(envelope), expected);
  expect(opened.ok && [fromUtf8(opened.value.payload), opened.value.signedBy]).toEqual([
    EXAMPLE.body,
    ['one'],
  ]);
  const urlSafe = {
    ...envelope,
    signatures: [{ sig: EXAMPLE.sig.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') }],
  };
  expect(openEnvelope(JSON.stringify(urlSafe), expected).ok).toBe(true);
});

describe('an envelope', () => {
  test('says which of the known keys signed it, and wants as many as are asked for', () => {
    expect(toldOf(open(envelopeBy('a', 'b'), 2))).toBe('a b');
    expect(toldOf(open(envelopeBy('a', 'b'), 3))).toMatch(/2 of the known keys .* 3 are needed/);
    expect(toldOf(open(envelopeBy('c'), 1, keys.slice(0, 2)))).toMatch(/0 of the known keys/);
    expect(toldOf(open(envelopeBy('a'), 0, []))).toMatch(/1 are needed/);
  });

  test('counts a key once that is listed, or has signed, twice', () => {
    const [a] = signers;
    if (a === undefined) throw new Error('no signer');
    const twice = [...keys, { id: 'again', material: a.material }];
    expect(toldOf(open(envelopeBy('a'), 2, twice))).toMatch(/1 of the known keys/);
    const envelope = JSON.parse(envelopeBy('a')) as { signatures: unknown[] };
    envelope.signatures.push(envelope.signatures[0]);
    expect(toldOf(open(JSON.stringify(envelope), 2))).toMatch(/1 of the known keys/);
  });

  test('with another payload or type does not hold', () => {
    const envelope = JSON.parse(envelopeBy('a')) as Record<string, unknown>;
    const other = Buffer.from('{}').toString('base64');
    expect(toldOf(open(JSON.stringify({ ...envelope, payload: other })))).toMatch(/0 of the known/);
    expect(toldOf(open(JSON.stringify({ ...envelope, payloadType: 'text/plain' })))).toMatch(
      /its payload is text/,
    );
  });

  test.each([
    ['', /no JSON object/],
    ['[]', /no JSON object/],
    ['{}', /no payloadType/],
    ['{"payloadType":"x","payload":"%%"}', /payload is no base64/],
    ['{"payloadType":"x","payload":"","signatures":[]}', /no signatures/],
    ['{"payloadType":"x","payload":"","signatures":[{"sig":1}]}', /a signature is no base64/],
  ])('%s is none', (text, expected) => {
    expect(toldOf(open(text))).toMatch(expected);
  });
});

test.each([
  ['{}', /its type/],
  ['[', /no JSON/],
  [JSON.stringify({ ...(JSON.parse(fromUtf8(payload) ?? '') as object), subject: [] }), /subject/],
])('%s is no statement', (text, expected) => {
  const parsed = parseStatement(utf8(text));
  expect(parsed.ok ? 'taken' : parsed.problem.message).toMatch(expected);
});

test('vectors: an envelope of another hand', () => {
  const folder = process.env.AURORA_VECTORS;
  if (folder === undefined) {
    process.stderr.write('left out: an envelope of another hand (AURORA_VECTORS is not set)\n');
    return;
  }
  const at = 'evidence/slsa-verifier-vsa/cli/slsa-verifier/testdata/vsa/gce/v1';
  const read = (name: string) => readFileSync(join(folder, at, name), 'utf8');
  const key = createPublicKey(read('vsa_signing_public_key.pem'));
  const der = key.export({ format: 'der', type: 'spki' });
  const material: KeyMaterial = { kind: 'p256', point: new Uint8Array(der.subarray(-65)) };
  const opened = open(read('gke-gce-pre.bcid-vsa.jsonl'), 1, [{ id: 'theirs', material }]);
  expect(toldOf(opened)).toBe('theirs');
  process.stderr.write('1 envelope of slsa-verifier holds\n');
});
