import type { Certificate, Extension } from './certificate.ts';
import { DerFault, readDer, TAG } from './der.ts';

const OID = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const;
/** What is understood here; any other critical extension makes a certificate unusable (RFC 5280, 4.2). */
const UNDERSTOOD: readonly string[] = [OID.keyUsage, OID.basicConstraints, OID.extendedKeyUsage];
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const ANY_USAGE = '2.5.29.37.0';
/** Bits of KeyUsage, the first one is the highest of its byte. */
const DIGITAL_SIGNATURE = 0x80;
const NON_REPUDIATION = 0x40;
const KEY_CERT_SIGN = 0x04;
const BIT_STRING = 0x03;

/**
 * Why a certificate may not sign timestamps; null: it may. Extended key usage is critical and
 * timeStamping alone (RFC 3161, 2.3), the key signs nothing but documents, and it is no CA.
 */
export function signerFault(certificate: Certificate): string | null {
  return readUsage(certificate, (usage) => {
    if (usage.extended === null) return 'does not say that it is for timestamps';
    if (!usage.extended.isCritical) return 'does not say as critical what it is for';
    const isAlone = usage.extended.oids.length === 1 && usage.extended.oids[0] === TIME_STAMPING;
    if (!isAlone) return `is not for timestamps alone (${usage.extended.oids.join(', ')})`;
    if (usage.isCa) return 'is a CA';
    const { keyUsage } = usage;
    const allowed = DIGITAL_SIGNATURE | NON_REPUDIATION;
    const signs = keyUsage === null || ((keyUsage & allowed) !== 0 && (keyUsage & ~allowed) === 0);
    return signs ? null : 'has a key that is not for signatures alone';
  });
}

/** Why a certificate may not have issued another, with `below` CAs between it and the signer; null: it may. */
export function issuerFault(certificate: Certificate, below: number): string | null {
  return readUsage(certificate, (usage) => {
    if (!usage.isCa) return 'is no CA';
    if (usage.keyUsage !== null && (usage.keyUsage & KEY_CERT_SIGN) === 0) {
      return 'has a key that may not sign certificates';
    }
    if (usage.pathLength !== null && usage.pathLength < below) {
      return `allows ${usage.pathLength} CAs below it, there are ${below}`;
    }
    if (certificate.extensions.has(OID.nameConstraints)) return 'constrains names';
    const oids = usage.extended?.oids;
    if (oids === undefined || oids.includes(TIME_STAMPING) || oids.includes(ANY_USAGE)) return null;
    return 'is not for timestamps';
  });
}

interface Usage {
  isCa: boolean;
  /** CAs that may follow; null: any number. */
  pathLength: number | null;
  /** The first byte of the bits; null: not limited. */
  keyUsage: number | null;
  extended: { isCritical: boolean; oids: readonly string[] } | null;
}

function readUsage(
  { extensions }: Certificate,
  judge: (usage: Usage) => string | null,
): string | null {
  for (const [oid, { isCritical }] of extensions) {
    if (isCritical && !UNDERSTOOD.includes(oid))
      return `has a critical extension not known (${oid})`;
  }
  const usage = usageOf(extensions);
  return typeof usage === 'string' ? usage : judge(usage);
}

function usageOf(extensions: ReadonlyMap<string, Extension>): Usage | string {
  const usage: Usage = { isCa: false, pathLength: null, keyUsage: null, extended: null };
  const basic = extensions.get(OID.basicConstraints);
  const key = extensions.get(OID.keyUsage);
  const extended = extensions.get(OID.extendedKeyUsage);
  const faults = [
    basic && fault(basic, (value) => Object.assign(usage, basicOf(value))),
    key && fault(key, (value) => Object.assign(usage, { keyUsage: bitsOf(value) })),
    extended &&
      fault(extended, (value) => {
        const oids = value.items('extKeyUsage').map((one) => one.oid('extKeyUsage'));
        usage.extended = { isCritical: extended.isCritical, oids };
      }),
  ];
  return faults.find((one) => typeof one === 'string') ?? usage;
}

type Read = Parameters<typeof readDer>[2];

function fault({ value }: Extension, read: Read): string | null {
  const done = readDer('an extension', value, read);
  return done.ok ? null : `is not readable: ${done.problem.message}`;
}

function basicOf(value: Parameters<Read>[0]): Pick<Usage, 'isCa' | 'pathLength'> {
  const fields = value.fields('basicConstraints');
  const isCa = fields.optional(TAG.boolean)?.boolean('cA') ?? false;
  const length = fields.optional(TAG.integer)?.smallInteger('pathLenConstraint') ?? null;
  fields.end();
  return { isCa, pathLength: length };
}

function bitsOf(value: Parameters<Read>[0]): number {
  const { contents } = value.expect(BIT_STRING, 'keyUsage');
  const [unused, first, second] = contents;
  if (unused === undefined || first === undefined) throw new DerFault('keyUsage is empty');
  // The ninth bit, decipherOnly, would be lost in a byte: it is nothing that may sign.
  return second === undefined ? first : first | 0x100;
}
