import { createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes, fromBase64 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { DerFault, type DerFields, type DerValue, readDer, TAG } from './der.ts';
import { algorithmField, signatureFault } from './signature.ts';

/** What a path is built of (RFC 5280, section 4.1). */
export interface Certificate {
  der: Uint8Array;
  sha256: string;
  serialHex: string;
  /** DER of the names: equal bytes, equal names. */
  issuer: Uint8Array;
  subject: Uint8Array;
  notBeforeMs: number;
  notAfterMs: number;
  publicKey: KeyObject;
  keySha256: string;
  extensions: ReadonlyMap<string, Extension>;
  signed: { bytes: Uint8Array; algorithm: string; signature: Uint8Array };
}

export interface Extension {
  isCritical: boolean;
  /** DER. */
  value: Uint8Array;
}

const UTC_TIME = 0x17;
const BIT_STRING = 0x03;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/** What a value says as a certificate; throws DerFault. Says nothing of whether to trust it. */
export function certificateOf(value: DerValue): Certificate {
  const outer = value.fields('Certificate');
  const tbs = outer.next('tbsCertificate');
  const algorithm = algorithmField(outer.next('signatureAlgorithm'), 'signatureAlgorithm');
  const signature = bitString(outer.next('signature'), 'signature');
  outer.end();
  const body = bodyOf(tbs);
  if (body.algorithm !== algorithm) throw new DerFault('it names two signature algorithms');
  const signed = { bytes: tbs.whole, algorithm, signature };
  const der = value.whole;
  return { der, sha256: sha256(der), ...body.facts, signed };
}

/** The certificates of a PEM text, at least one; `invalid-file` where there is none, or a broken one. */
export function certificatesOfPem(text: string): Result<Certificate[]> {
  const certificates: Certificate[] = [];
  for (const [, body = ''] of text.matchAll(PEM)) {
    const der = fromBase64(body.replace(/\s/g, ''));
    if (der === null) return fail(problem('invalid-file', 'a certificate is no base64'));
    const read = readDer('the certificate', der, certificateOf);
    if (!read.ok) return fail(problem('invalid-file', read.problem.message));
    certificates.push(read.value);
  }
  if (certificates.length > 0) return ok(certificates);
  return fail(problem('invalid-file', 'it holds no PEM certificate'));
}

/** Whether `issuer`'s name and key are behind a certificate; says nothing of whether it may. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!equalBytes(certificate.issuer, issuer.subject)) return false;
  const signed = { ...certificate.signed, hashBeside: null };
  return signatureFault(signed, issuer.publicKey) === null;
}

type Facts = Omit<Certificate, 'der' | 'sha256' | 'signed'>;

function bodyOf(tbs: DerValue): { algorithm: string; facts: Facts } {
  const fields = tbs.fields('tbsCertificate');
  const version = fields.optional(TAG.context(0))?.items('version', TAG.context(0))[0];
  // 2 stands for v3, the only one with extensions: others can't say what they may be used for.
  if (version?.smallInteger('version') !== 2) throw new DerFault('it is not of version 3');
  const serialHex = fields.next('serialNumber').integerHex('serialNumber');
  const algorithm = algorithmField(fields.next('signature'), 'signature');
  const issuer = fields.next('issuer').expect(TAG.sequence, 'issuer').whole;
  const validity = fields.next('validity').fields('validity');
  const notBeforeMs = timeOf(validity.next('notBefore'));
  const notAfterMs = timeOf(validity.next('notAfter'));
  validity.end();
  const subject = fields.next('subject').expect(TAG.sequence, 'subject').whole;
  const spki = fields.next('subjectPublicKeyInfo').expect(TAG.sequence, 'public key').whole;
  fields.optional(0x81);
  fields.optional(0x82);
  const extensions = extensionsOf(fields);
  fields.end();
  const publicKey = keyOf(spki);
  const keySha256 = sha256(spki);
  const names = { serialHex, issuer, subject };
  const facts = { ...names, notBeforeMs, notAfterMs, publicKey, keySha256, extensions };
  return { algorithm, facts };
}

function extensionsOf(fields: DerFields): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  const [list] = fields.optional(TAG.context(3))?.items('extensions', TAG.context(3)) ?? [];
  for (const item of list?.items('extensions') ?? []) {
    const parts = item.fields('extension');
    const oid = parts.next('extnID').oid('extnID');
    const isCritical = parts.optional(TAG.boolean)?.boolean('critical') ?? false;
    const value = parts.next('extnValue').octets('extnValue');
    parts.end();
    // RFC 5280, 4.2: never twice; which of two counts would be a matter of taste.
    if (extensions.has(oid)) throw new DerFault(`extension ${oid} is there twice`);
    extensions.set(oid, { isCritical, value });
  }
  return extensions;
}

function bitString(value: DerValue, name: string): Uint8Array {
  const { contents } = value.expect(BIT_STRING, name);
  if (contents[0] !== 0) throw new DerFault(`${name} is not in whole bytes`);
  return contents.subarray(1);
}

/** RFC 5280, 4.1.2.5: two-digit years below 50 are of this century. No fractions. */
function timeOf(value: DerValue): number {
  const text = String.fromCharCode(...value.contents);
  const isShort = value.tag === UTC_TIME;
  if (!isShort) value.expect(TAG.generalizedTime, 'validity');
  const century = isShort ? (text < '50' ? '20' : '19') : '';
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text);
  if (found === null) throw new DerFault('its validity is no time');
  const [, year, month, day, hour, minute, second] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function keyOf(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new DerFault('its public key is of no known kind');
  }
}
