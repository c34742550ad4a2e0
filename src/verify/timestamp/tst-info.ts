import { toHex } from '../../base/bytes.ts';
import { DerFault, type DerFields, type DerValue, TAG } from './der.ts';
import { algorithmField, type HashName, hashOf } from './signature.ts';

/** What an authority says with its signature (RFC 3161, section 2.4.2). */
export interface TstInfo {
  policy: string;
  imprint: { hash: HashName; digestHex: string };
  /** Two's complement. */
  serialHex: string;
  genTimeMs: number;
  /** How far genTime may be off, rounded up to a millisecond; null: it does not say. */
  accuracyMs: number | null;
  /** How coarse genTime is written: the true instant lies up to this much after it. */
  granularityMs: number;
  /** null: the token answers no nonce. */
  nonceHex: string | null;
}

const VERSION = 1;
const DIGEST_BYTES: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };
/** UTC with seconds. Zeros at a fraction's end are not DER's, but some authorities sign them. */
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/** Throws DerFault. */
export function tstInfoOf(value: DerValue): TstInfo {
  const fields = value.fields('TSTInfo');
  const version = fields.next('version').smallInteger('TSTInfo version');
  if (version !== VERSION) throw new DerFault(`TSTInfo is of version ${version}, not ${VERSION}`);
  const policy = fields.next('policy').oid('TSTInfo policy');
  const imprint = imprintOf(fields.next('messageImprint'));
  const serialHex = fields.next('serialNumber').integerHex('serialNumber');
  const time = timeOf(fields.next('genTime'));
  const accuracy = fields.optional(TAG.sequence);
  // DEFAULT FALSE: DER leaves it out, openssl and others write it.
  fields.optional(TAG.boolean);
  const nonce = fields.optional(TAG.integer);
  fields.optional(TAG.context(0)); // the authority's own name: the certificate says who it is
  endWithoutCritical(fields);
  return {
    policy,
    imprint,
    serialHex,
    ...time,
    accuracyMs: accuracy === null ? null : accuracyOf(accuracy),
    nonceHex: nonce === null ? null : nonce.integerHex('nonce'),
  };
}

function imprintOf(value: DerValue): TstInfo['imprint'] {
  const fields = value.fields('messageImprint');
  const oid = algorithmField(fields.next('hashAlgorithm'), 'hashAlgorithm');
  const hash = hashOf(oid);
  if (hash === null) throw new DerFault(`messageImprint: hash ${oid} is not accepted`);
  const digest = fields.next('hashedMessage').octets('hashedMessage');
  fields.end();
  if (digest.length !== DIGEST_BYTES[hash]) throw new DerFault(`messageImprint is no ${hash}`);
  return { hash, digestHex: toHex(digest) };
}

/** Fractions of any length are read; what lies below a millisecond is cut off, as clocks do. */
function timeOf(value: DerValue): { genTimeMs: number; granularityMs: number } {
  const text = String.fromCharCode(...value.expect(TAG.generalizedTime, 'genTime').contents);
  const found = TIME.exec(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    found?.slice(1, 7).map(Number) ?? [];
  const fraction = found?.[7] ?? '';
  const wholeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // A month 13 or a day 31 of June would silently become another day.
  const isReal = found !== null && compact(wholeMs) === text.slice(0, 14);
  if (!isReal) throw new DerFault('genTime is no instant in UTC');
  const fractionMs = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const granularityMs = [1_000, 100, 10][fraction.length] ?? 1;
  return { genTimeMs: wholeMs + fractionMs, granularityMs };
}

function compact(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace(/\D/g, '');
}

function accuracyOf(value: DerValue): number {
  const fields = value.fields('accuracy');
  const seconds = fields.optional(TAG.integer)?.smallInteger('accuracy in seconds') ?? 0;
  const millis = below1000(fields, 0, 'millis');
  const micros = below1000(fields, 1, 'micros');
  fields.end();
  return seconds * 1_000 + millis + Math.ceil(micros / 1_000);
}

/** [n] IMPLICIT INTEGER (1..999) */
function below1000(fields: DerFields, n: number, name: string): number {
  const found = fields.optional(0x80 + n);
  if (found === null) return 0;
  const value = found.contents.reduce((sum, byte) => sum * 256 + byte, 0);
  if (found.contents.length > 2 || value < 1 || value > 999) {
    throw new DerFault(`accuracy: ${name} is not from 1 to 999`);
  }
  return value;
}

/** An extension that must be understood is not: none is known. */
function endWithoutCritical(fields: DerFields): void {
  const extensions = fields.optional(TAG.context(1))?.items('extensions', TAG.context(1)) ?? [];
  for (const extension of extensions) {
    const parts = extension.fields('extension');
    const oid = parts.next('extnID').oid('extnID');
    const critical = parts.optional(TAG.boolean)?.boolean('critical') ?? false;
    if (critical) throw new DerFault(`TSTInfo has a critical extension that is not known (${oid})`);
  }
  fields.end();
}
