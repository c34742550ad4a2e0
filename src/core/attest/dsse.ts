import { concatBytes, fromBase64, toBase64, utf8, utf8Length } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { type KeyMaterial, keyIdentity, verifyByKey } from '../../base/key-material.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** A Dead Simple Signing Envelope (DSSE 1.0): bytes, what they are, and who signed both. */
export interface Envelope {
  payloadType: string;
  payload: Uint8Array;
  signatures: readonly { keyid: string; sig: Uint8Array }[];
}

export interface EnvelopeKey {
  id: string;
  material: KeyMaterial;
}

/** Larger than any statement; a hostile envelope is not even parsed. */
const TEXT_CHARS_MAX = 8_388_608;
const SIGNATURES_MAX = 64;

/** What is signed: type and bytes with their lengths, so that neither can be read as the other. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${utf8Length(payloadType)} ${payloadType} ${payload.length} `;
  return concatBytes(utf8(head), payload);
}

export function formatEnvelope({ payloadType, payload, signatures }: Envelope): string {
  const signed = signatures.map(({ keyid, sig }) => ({ keyid, sig: toBase64(sig) }));
  return canonicalJson({ payloadType, payload: toBase64(payload), signatures: signed });
}

/**
 * The payload of an envelope that at least `threshold` different keys signed, and whose they are.
 * Nothing of the payload is looked at before. `integrity` where too few signatures hold; a key id
 * in it is only a hint, so every key is tried. A key that is listed twice counts once.
 */
export function openEnvelope(
  text: string,
  expected: { payloadType: string; keys: readonly EnvelopeKey[]; threshold: number },
): Result<{ payload: Uint8Array; signedBy: readonly string[] }> {
  const parsed = parseEnvelope(text);
  if (!parsed.ok) return parsed;
  const { payloadType, payload, signatures } = parsed.value;
  if (payloadType !== expected.payloadType) {
    return fail(malformed(`its payload is ${payloadType}, not ${expected.payloadType}`));
  }
  const said = preAuthentication(payloadType, payload);
  const signers = new Map<string, string>();
  for (const { id, material } of expected.keys) {
    const holds = signatures.some(({ sig }) => verifyByKey(material, 'sha256', said, sig));
    if (holds) signers.set(keyIdentity(material), signers.get(keyIdentity(material)) ?? id);
  }
  const signedBy = [...signers.values()];
  const threshold = Math.max(1, expected.threshold);
  if (signedBy.length >= threshold) return ok({ payload, signedBy });
  const message = `${signedBy.length} of the known keys signed it, ${threshold} are needed`;
  return fail(problem('integrity', `the envelope does not hold: ${message}`));
}

/** `invalid-file` for what is no envelope. Unknown fields are let through, as DSSE wants it. */
export function parseEnvelope(text: string): Result<Envelope> {
  const value = text.length > TEXT_CHARS_MAX ? null : parseJson(text);
  if (!isRecord(value)) return fail(malformed('it is no JSON object'));
  const { payloadType, payload, signatures } = value;
  if (typeof payloadType !== 'string') return fail(malformed('it has no payloadType'));
  const bytes = bytesOf(payload);
  if (bytes === null) return fail(malformed('its payload is no base64'));
  if (!Array.isArray(signatures) || signatures.length === 0) {
    return fail(malformed('it has no signatures'));
  }
  if (signatures.length > SIGNATURES_MAX) return fail(malformed('it has too many signatures'));
  const read: { keyid: string; sig: Uint8Array }[] = [];
  for (const one of signatures as readonly unknown[]) {
    const sig = isRecord(one) ? bytesOf(one.sig) : null;
    if (!isRecord(one) || sig === null) return fail(malformed('a signature is no base64'));
    read.push({ keyid: typeof one.keyid === 'string' ? one.keyid : '', sig });
  }
  return ok({ payloadType, payload: bytes, signatures: read });
}

/** Standard or URL-safe base64: DSSE leaves the choice to the writer. */
function bytesOf(value: unknown): Uint8Array | null {
  if (typeof value !== 'string') return null;
  const standard = value.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): Problem {
  return problem('invalid-file', `not a DSSE envelope that can be read: ${what}`);
}
