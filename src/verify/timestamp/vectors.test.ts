/** Tokens of real authorities: read from the folder AURORA_VECTORS names, left out without it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { fromBase64, fromUtf8, toBase64 } from '../../base/bytes.ts';
import { readDer } from './der.ts';
import { readResponse } from './response.ts';
import { trustedCertificates } from './trusted-certificates.ts';
import { tstInfoOf } from './tst-info.ts';
import { verifyTimestamp } from './verify-timestamp.ts';

interface Case {
  tsr: string;
  chain: string;
  messageUtf8?: string;
  messageFile?: string;
  ok: boolean;
}

const folder = process.env.AURORA_VECTORS;

test('vectors: tokens of trailofbits/rfc3161-client', () => {
  if (folder === undefined) {
    process.stderr.write('left out: real timestamp tokens (AURORA_VECTORS is not set)\n');
    return;
  }
  const text = readFileSync(join(folder, 'evidence/extracted/rfc3161.json'), 'utf8');
  // What comes back is only as good as the vectors' own description of it.
  const vectors = JSON.parse(text) as {
    files: { path: string; base64: string }[];
    expected: Case[];
  };
  const file = (name: string): Uint8Array => {
    const found = vectors.files.find(({ path }) => path.endsWith(`/fixtures/${name}`));
    return present(fromBase64(found?.base64 ?? '-'), name);
  };
  for (const one of vectors.expected) {
    const { tsr, chain, ok } = one;
    const response = file(tsr);
    const verified = verifyTimestamp(response, {
      ...imprintOf(response, one, file),
      nonceHex: null,
      policies: ['1.3.6.1.4.1.57264.2', '2.16.840.1.113839.0.6.13.3'],
      trusted: present(trusted(file(chain)), chain),
    });
    expect(verified.ok, `${tsr}: ${verified.ok || verified.problem.message}`).toBe(ok);
    // The spoofed certificates of the bag are called otherwise.
    if (verified.ok && tsr.includes('injected')) {
      expect(verified.value.signer.name).toBe('CN=Test TSA Timestamping, O=local');
    }
  }
  expect(vectors.expected.length).toBeGreaterThan(8);
});

/** Of the document where it is known; else what the token says, so that everything else is checked. */
function imprintOf(response: Uint8Array, one: Case, file: (name: string) => Uint8Array) {
  const token = readResponse(response);
  if (!token.ok) throw new Error(token.problem.message);
  const info = readDer('TSTInfo', token.value.content, tstInfoOf);
  if (!info.ok) throw new Error(info.problem.message);
  const { hash, digestHex } = info.value.imprint;
  const document = one.messageFile === undefined ? one.messageUtf8 : file(one.messageFile);
  if (document === undefined) return { hash, digestHex };
  return { hash, digestHex: createHash(hash).update(document).digest('hex') };
}

/** PEM, or one certificate's DER. */
function trusted(bytes: Uint8Array) {
  const text = fromUtf8(bytes);
  const isPem = text?.includes('BEGIN CERTIFICATE') === true;
  const pem = isPem
    ? text
    : `-----BEGIN CERTIFICATE-----\n${toBase64(bytes)}\n-----END CERTIFICATE-----\n`;
  const read = trustedCertificates(pem);
  return read.ok ? read.value : null;
}
