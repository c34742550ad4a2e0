/** Bytes that nobody made: every parser of signatures and keys answers, and none takes them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toBase64, utf8 } from '../../src/base/bytes.ts';
import { openpgpFault, openpgpPair, openpgpSigner } from '../../src/base/openpgp-signature.ts';
import { parsePublicKey } from '../../src/base/public-key.ts';
import { parseSshBlob } from '../../src/base/ssh-key.ts';
import { sshString } from '../../src/base/ssh-wire.ts';
import { armorSshsig, parseSshsig, unarmorSshsig } from '../../src/base/sshsig.ts';
import { parseEnvelope } from '../../src/core/attest/dsse.ts';
import { parseStatement } from '../../src/core/attest/statement.ts';
import { personSignatureFault } from '../../src/core/decision/person-signature.ts';
import { keyFileOf } from './people.ts';

const bytes = fc.uint8Array({ maxLength: 400 });
/** Begins as the real thing does, and goes on by chance. */
const sshsigLike = fc
  .tuple(fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256'), bytes, bytes)
  .map(([name, key, rest]) =>
    Buffer.concat([
      Buffer.from('SSHSIG\0\0\0\x01'),
      sshString(Buffer.concat([sshString(name), key])),
      rest,
    ]),
  );
const packetsLike = fc.tuple(bytes, bytes).map(([key, signature]) => {
  const packet = (tag: number, body: Uint8Array) =>
    Buffer.concat([Buffer.of(0x80 | (tag << 2) | 1, body.length >> 8, body.length & 0xff), body]);
  return Buffer.concat([
    packet(6, Buffer.of(4, ...key)),
    packet(2, Buffer.of(4, 0, 22, 8, ...signature)),
  ]);
});

test('bytes by chance are no key and no signature', () => {
  const person = keyFileOf('ed25519').publicKey;
  fc.assert(
    fc.property(fc.oneof(bytes, sshsigLike, packetsLike), (some) => {
      expect(parseSshBlob(some)).toBeNull();
      expect(parseSshsig(some)?.signature ?? null).toBeNull();
      expect(openpgpFault(some, 'ab'.repeat(20), utf8('x'))).not.toBeNull();
      expect(openpgpPair(some, 'ab'.repeat(20), some)).toBeNull();
      expect(openpgpSigner(some)).toBeNull();
      expect(personSignatureFault(person, 'x', toBase64(some))).not.toBeNull();
      expect(parseStatement(some).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('texts by chance are none either', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((body) => `ssh-ed25519 ${body}`),
    fc.string().map((body) => `openpgp4fpr:${body}`),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (some) => {
      expect(parsePublicKey(some)).toBeNull();
      expect(unarmorSshsig(some)).toBeNull();
      expect(parseEnvelope(some).ok).toBe(false);
      expect(personSignatureFault(some, 'x', some)).not.toBeNull();
    }),
    { numRuns: 300 },
  );
});

test('armor gives back what was put in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (some) => {
      expect(unarmorSshsig(armorSshsig(some))).toEqual(some);
    }),
    { numRuns: 100 },
  );
});
