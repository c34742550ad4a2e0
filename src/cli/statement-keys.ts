import { personalKeyOf } from '../app.ts';
import { present } from '../base/assert.ts';
import { fromBase64 } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatEnvelope, preAuthentication } from '../core/attest/dsse.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../core/attest/statement.ts';

export interface StatementKey {
  /** SHA-256 of its SubjectPublicKeyInfo */
  keyid: string;
  sign(message: Uint8Array): Uint8Array;
}

/** The keys of these files; `usage` for one of another kind than P-256, and for one given twice. */
export async function statementKeys(
  paths: readonly string[],
): Promise<Result<readonly StatementKey[]>> {
  const keys: StatementKey[] = [];
  for (const path of paths) {
    const key = await personalKeyOf(path);
    if (!key.ok) return key;
    const { kind, publicKey, sign } = key.value;
    if (kind !== 'p256') {
      // Public logs refuse plain Ed25519 over statements: Rekor's hashedrekord takes a digest.
      const hint = 'auroractl keys new --p256 --out FILE';
      return fail(problem('usage', `${path}: statements are signed with ECDSA P-256`, hint));
    }
    const keyid = sha256(present(fromBase64(publicKey), 'a key that was just written out'));
    if (keys.some((one) => one.keyid === keyid)) {
      return fail(problem('usage', `${path}: the same key twice would count once`));
    }
    keys.push({ keyid, sign });
  }
  return ok(keys);
}

/** The DSSE envelope of a statement's bytes. */
export function envelopeBy(keys: readonly StatementKey[], bytes: Uint8Array): string {
  const said = preAuthentication(STATEMENT_PAYLOAD_TYPE, bytes);
  const signatures = keys.map(({ keyid, sign }) => ({ keyid, sig: sign(said) }));
  return formatEnvelope({ payloadType: STATEMENT_PAYLOAD_TYPE, payload: bytes, signatures });
}
