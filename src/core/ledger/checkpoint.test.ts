import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { fromBase64, toBase64, toHex, utf8 } from '../../base/bytes.ts';
import { verifyEd25519 } from '../../base/ed25519.ts';
import type { Result } from '../../base/result.ts';
import {
  checkpointText,
  formatCheckpoint,
  isOrigin,
  openCheckpoint,
  parseCheckpointText,
  readCheckpoint,
} from './checkpoint.ts';
import { leafHash, rootOf } from './merkle.ts';
import { inclusionProof } from './merkle-proof.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { formatNote, formatVkey, noteKey, openNote, parseNote, parseVkey } from './signed-note.ts';

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

function newKey(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12));
  const signed = (text: string): Uint8Array => new Uint8Array(sign(null, utf8(text), privateKey));
  return { key: ok(noteKey(name, raw)), raw, signed };
}

const ORIGIN = 'prod.ledger.example';
const log = newKey(ORIGIN);
const other = newKey('witness.example');
const LEAVES = ['one', 'two', 'three'].map(leafHash);
const CHECKPOINT = { origin: ORIGIN, size: 1, root: leafHash('one') };
const NOTE = ok(formatCheckpoint(CHECKPOINT, log.raw, log.signed(checkpointText(CHECKPOINT))));

test('a checkpoint is four lines, and opens with the log key alone', () => {
  const [origin, size, root, empty, signature] = NOTE.split('\n');
  expect([origin, size, root, empty]).toEqual([ORIGIN, '1', toBase64(CHECKPOINT.root), '']);
  expect(signature).toMatch(/^— prod\.ledger\.example [A-Za-z0-9+/]+=*$/);
  expect(toHex(ok(openCheckpoint(NOTE, log.key)).root)).toBe(toHex(CHECKPOINT.root));
  expect(openCheckpoint(NOTE, other.key)).toMatchObject({ problem: { code: 'integrity' } });
  expect(ok(readCheckpoint(NOTE)).size).toBe(1);
});

test('what is no signature is not made into a checkpoint; a wrong one does not open', () => {
  const made = (signature: Uint8Array) => formatCheckpoint(CHECKPOINT, log.raw, signature);
  expect(made(new Uint8Array(63))).toMatchObject({ problem: { code: 'usage' } });
  expect(openCheckpoint(ok(made(log.signed('something else\n'))), log.key).ok).toBe(false);
});

test('one changed character of a note, anywhere, and it is refused', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: NOTE.length - 1 }),
      fc.constantFrom('A', 'z', '0', '\n', ' ', ''),
      (at, by) => {
        const changed = NOTE.slice(0, at) + by + NOTE.slice(at + 1);
        fc.pre(changed !== NOTE);
        expect(openCheckpoint(changed, log.key).ok).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});

test('the origin must be the name of the key', () => {
  const foreign = { ...CHECKPOINT, origin: 'other.ledger.example' };
  const text = checkpointText(foreign);
  const { name, keyId } = log.key;
  const note = ok(formatNote({ text, signatures: [{ name, keyId, signature: log.signed(text) }] }));
  expect(openNote(note, [log.key]).ok).toBe(true);
  expect(openCheckpoint(note, log.key)).toMatchObject({ problem: { code: 'integrity' } });
});

test('signatures of unknown keys are let be; a known one that fails rejects the note', () => {
  const text = checkpointText(CHECKPOINT);
  const line = ({ key, signed }: typeof log, what = text) => {
    return { name: key.name, keyId: key.keyId, signature: signed(what) };
  };
  const both = ok(formatNote({ text, signatures: [line(other), line(log)] }));
  expect(ok(openNote(both, [log.key])).signedBy).toEqual([log.key]);
  expect(ok(openNote(both, [log.key, other.key])).signedBy).toEqual([other.key, log.key]);
  const half = ok(formatNote({ text, signatures: [line(other, 'x\n'), line(log)] }));
  expect(openNote(half, [log.key]).ok).toBe(true);
  expect(openNote(half, [log.key, other.key]).ok).toBe(false);
  const hundred = Array.from({ length: 100 }, () => line(log));
  expect(openNote(ok(formatNote({ text, signatures: hundred })), [log.key]).ok).toBe(true);
  const more = ok(formatNote({ text, signatures: [...hundred, line(log)] }));
  expect(openNote(more, [log.key]).ok).toBe(false);
});

test('malformed notes', () => {
  const line = NOTE.split('\n')[4];
  const notes = [
    '',
    '\n',
    '\n\n',
    'text\n\n',
    `text\n\n${line}`,
    `text\n\n${line}\n\n`,
    `text\u0001\n\n${line}\n`,
    `\ud800\n\n${line}\n`,
    `text\n\n- ${ORIGIN} AAAAAAAA\n`,
    `text\n\n— ${ORIGIN} AAAA\n`,
    `text\n\n— a+b AAAAAAAA\n`,
    `text\n\n—  AAAAAAAA\n`,
    'x'.repeat(1_000_001),
  ];
  for (const note of notes) expect(parseNote(note).ok, JSON.stringify(note)).toBe(false);
});

test('a verifier key: any change of it is noticed', () => {
  const vkey = formatVkey(log.key);
  expect(ok(parseVkey(vkey))).toEqual(log.key);
  for (let at = 0; at < vkey.length; at += 1) {
    const cut = [vkey.slice(0, at), vkey.slice(at + 1)];
    for (const bad of [cut[0], cut[1], cut.join('x'), cut.join('+'), cut.join('')]) {
      if (bad === vkey) continue;
      expect(parseVkey(bad ?? '').ok, bad).toBe(false);
    }
  }
});

test('sizes and roots of checkpoint texts', () => {
  const root = toBase64(CHECKPOINT.root);
  const good = [`o\n0\n${root}\n`, `o\n9007199254740991\n${root}\n`, `o\n1\n${root}\nmore\n`];
  for (const text of good) expect(parseCheckpointText(text).ok, text).toBe(true);
  const bad = [
    `o\n01\n${root}\n`,
    `o\n+1\n${root}\n`,
    `o\n1e3\n${root}\n`,
    `o\n9007199254740992\n${root}\n`,
    `o\n1\n\n`,
    `o\n1\n${root}\n\n`,
    `o\n1\n${root}`,
    `o\n1\n${root.slice(0, -1)}\n`,
    `\n1\n${root}\n`,
  ];
  for (const text of bad) expect(parseCheckpointText(text).ok, text).toBe(false);
});

test.each([
  ['prod.ledger.example', true],
  ['a.b', true],
  ['localhost', false],
  ['prod.ledger.example/log', false],
  ['prod.ledger.example:443', false],
  ['Prod.example', false],
  ['rekor.example - 12345', false],
  ['-a.example', false],
  ['a..b', false],
  ['', false],
  [`${'a'.repeat(64)}.example`, false],
  [`${'a.'.repeat(127)}b`, false],
])('origin %s: %s', (name, isGood) => expect(isOrigin(name)).toBe(isGood));

test('a proof file proves its entry and no other', () => {
  const checkpoint = { origin: ORIGIN, size: 3, root: rootOf(LEAVES) };
  const note = ok(formatCheckpoint(checkpoint, log.raw, log.signed(checkpointText(checkpoint))));
  const nodes = [LEAVES, [rootOf(LEAVES.slice(0, 2))]];
  const hashes = ok(inclusionProof(1, 3, (level, index) => nodes[level]?.[index] ?? null));
  const text = formatProof({ index: 1, hashes, checkpoint: note, extra: utf8('hint') });
  expect(text.split('\n').slice(0, 6)).toEqual([
    'c2sp.org/tlog-proof@v1',
    'extra aGludA==',
    'index 1',
    toBase64(leafHash('one')),
    toBase64(leafHash('three')),
    '',
  ]);
  expect(parseProof(text)).toMatchObject({ ok: true, value: { index: 1, checkpoint: note } });
  expect(ok(verifyProof(text, 'two', log.key))).toMatchObject({
    index: 1,
    checkpoint: { size: 3 },
  });
  const wrong = [
    verifyProof(text, 'one', log.key),
    verifyProof(text, 'two', other.key),
    verifyProof(text.replace('index 1', 'index 0'), 'two', log.key),
    verifyProof(text.replace('index 1', 'index 3'), 'two', log.key),
    verifyProof(text.replace(toBase64(leafHash('one')), toBase64(leafHash('uno'))), 'two', log.key),
    verifyProof(text.replace(`${toBase64(leafHash('three'))}\n`, ''), 'two', log.key),
    verifyProof(text.replace(note, NOTE), 'two', log.key),
  ];
  for (const result of wrong) expect(result).toMatchObject({ problem: { code: 'integrity' } });
});

test('Ed25519: RFC 8032 test 2, and points of small order verify nothing', () => {
  const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
  const key = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const signature = hex(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  expect(verifyEd25519(key, Uint8Array.of(0x72), signature)).toBe(true);
  expect(verifyEd25519(key, Uint8Array.of(0x73), signature)).toBe(false);
  for (let bit = 0; bit < 512; bit += 1) {
    const flipped = new Uint8Array(signature);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(verifyEd25519(key, Uint8Array.of(0x72), flipped)).toBe(false);
  }
  // With the neutral element as key and as R, and S = 0, the bare equation holds for any message.
  const neutral = hex('01'.padEnd(64, '0'));
  const forged = hex('01'.padEnd(128, '0'));
  expect(verifyEd25519(neutral, utf8('anything'), forged)).toBe(false);
  const twice = hex('ee' + 'ff'.repeat(30) + '7f'); // y = p + 1: the neutral element again
  expect(verifyEd25519(twice, utf8('anything'), forged)).toBe(false);
  expect(verifyEd25519(key.slice(1), utf8(''), signature)).toBe(false);
  expect(verifyEd25519(key, utf8(''), signature.slice(1))).toBe(false);
  expect(present(fromBase64('AA=='), 'padded')).toEqual(Uint8Array.of(0));
  for (const text of ['AA', 'AB==', 'A===', 'AA==\n', 'A-==']) expect(fromBase64(text)).toBeNull();
});
