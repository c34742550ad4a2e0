import { concatBytes, fromUtf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { DerFault, type DerFields, type DerValue, readDer, TAG } from './der.ts';
import { algorithmField } from './signature.ts';

/** A CMS signature over TSTInfo with the parts that matter; nothing of it is believed yet. */
export interface SignedToken {
  /** DER of TSTInfo: the bytes that messageDigest covers. */
  content: Uint8Array;
  /** As the authority put them in; nobody signs this bag. */
  certificates: readonly DerValue[];
  /** Who signed, in the signer's own words. */
  signerId: SignerId;
  digestAlgorithm: string;
  signatureAlgorithm: string;
  signature: Uint8Array;
  /** DER of the SET of signed attributes: the bytes that the signature covers. */
  signedAttributes: Uint8Array;
  /** By OID; each has one value. */
  attributes: ReadonlyMap<string, DerValue>;
}

export type SignerId =
  | { kind: 'issuer-serial'; issuer: Uint8Array; serialHex: string }
  | { kind: 'key-id'; keyId: Uint8Array };

export const OID_TST_INFO = '1.2.840.113549.1.9.16.1.4';
const OID_SIGNED_DATA = '1.2.840.113549.1.7.2';
/** With content that is not plain data (RFC 5652, 5.1). */
const SIGNED_DATA_VERSION = 3;
const CERTIFICATES_MAX = 20;

/**
 * The token of a TimeStampResp (RFC 3161, 2.4.2). `refused` or `unavailable` where the authority
 * granted none, with its reason; `integrity` for anything that is no such response, DER throughout.
 */
export function readResponse(bytes: Uint8Array): Result<SignedToken> {
  const read = readDer('the timestamp response', bytes, (value) => {
    const fields = value.fields('TimeStampResp');
    const answer = statusOf(fields.next('status'));
    const token = fields.optional(TAG.sequence);
    fields.end();
    if (!answer.isGranted && token !== null) throw new DerFault('it has a token and denies it');
    if (!answer.isGranted) return { denied: answer };
    if (token === null) throw new DerFault('it grants a token and has none');
    return { token: tokenOf(token) };
  });
  if (!read.ok) return read;
  if (read.value.token !== undefined) return ok(read.value.token);
  const { reason, isPassing } = read.value.denied;
  const message = `the authority granted no timestamp: ${reason}`;
  return fail(problem(isPassing ? 'unavailable' : 'refused', message));
}

interface Answer {
  isGranted: boolean;
  /** Asking again later may help. */
  isPassing: boolean;
  reason: string;
}

const STATUSES = [
  'granted',
  'granted with changes',
  'rejected',
  'waiting',
  'revocation is near',
  'it is revoked',
];
const WAITING = 3;
/** Bits of PKIFailureInfo (RFC 3161, 2.4.2). */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [0, 'bad algorithm'],
  [2, 'bad request'],
  [5, 'bad data format'],
  [14, 'its time source is not available'],
  [15, 'the policy is not accepted'],
  [16, 'an extension is not accepted'],
  [17, 'the additional information is not available'],
  [25, 'it failed'],
]);
const PASSING_FAILURES = [14, 25];

function statusOf(value: DerValue): Answer {
  const fields = value.fields('PKIStatusInfo');
  const status = fields.next('status').smallInteger('status');
  const texts = fields.optional(TAG.sequence)?.items('statusString') ?? [];
  const failInfo = fields.optional(0x03);
  fields.end();
  const bits = failInfo === null ? [] : bitsOf(failInfo.contents);
  const words = texts.map((text) => fromUtf8(text.contents) ?? '(not UTF-8)');
  const failures = bits.map((bit) => FAILURES.get(bit) ?? `failure ${bit}`);
  const reason = [STATUSES[status] ?? `status ${status}`, ...failures, ...words].join('; ');
  const isPassing = status === WAITING || bits.some((bit) => PASSING_FAILURES.includes(bit));
  return { isGranted: status === 0 || status === 1, isPassing, reason };
}

/** Numbers of the bits that are set, the first one is 0. */
function bitsOf([unused = 0, ...bytes]: Iterable<number>): number[] {
  const count = bytes.length * 8 - unused;
  return Array.from({ length: Math.max(0, count) }, (_, bit) => bit).filter((bit) => {
    return (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
  });
}

function tokenOf(value: DerValue): SignedToken {
  const info = value.fields('ContentInfo');
  const type = info.next('contentType').oid('contentType');
  if (type !== OID_SIGNED_DATA) throw new DerFault(`the token is no SignedData (${type})`);
  const inner = info.next('content').fields('content', TAG.context(0));
  info.end();
  const fields = inner.next('SignedData').fields('SignedData');
  inner.end();
  const version = fields.next('version').smallInteger('SignedData version');
  if (version !== SIGNED_DATA_VERSION) throw new DerFault(`SignedData is of version ${version}`);
  const digests = fields.next('digestAlgorithms').items('digestAlgorithms', TAG.set);
  const content = contentOf(fields.next('encapContentInfo'));
  const certificates = certificatesOf(fields);
  fields.optional(TAG.context(1)); // revocation lists of the authority's own choosing: not used
  const signers = fields.next('signerInfos').items('signerInfos', TAG.set);
  fields.end();
  const [signer] = signers;
  if (signer === undefined || signers.length !== 1) {
    throw new DerFault(`the token has ${signers.length} signers, not one`);
  }
  const token = { content, certificates, ...signerOf(signer) };
  const announced = digests.map((one) => algorithmField(one, 'digestAlgorithms'));
  if (announced.length !== 1 || announced[0] !== token.digestAlgorithm) {
    throw new DerFault("digestAlgorithms is not the signer's one");
  }
  return token;
}

function contentOf(value: DerValue): Uint8Array {
  const fields = value.fields('encapContentInfo');
  const type = fields.next('eContentType').oid('eContentType');
  if (type !== OID_TST_INFO) throw new DerFault(`the token holds no TSTInfo (${type})`);
  const explicit = fields.next('eContent').fields('eContent', TAG.context(0));
  fields.end();
  const content = explicit.next('TSTInfo').octets('TSTInfo');
  explicit.end();
  return content;
}

function certificatesOf(fields: DerFields): readonly DerValue[] {
  const bag = fields.optional(TAG.context(0))?.items('certificates', TAG.context(0)) ?? [];
  if (bag.length > CERTIFICATES_MAX) {
    throw new DerFault(`the token has more than ${CERTIFICATES_MAX} certificates`);
  }
  return bag.map((one) => one.expect(TAG.sequence, 'certificate'));
}

function signerOf(value: DerValue): Omit<SignedToken, 'content' | 'certificates'> {
  const fields = value.fields('SignerInfo');
  const version = fields.next('version').smallInteger('SignerInfo version');
  const signerId = signerIdOf(fields);
  // RFC 5652, 5.3: the version says which of the two forms follows.
  if (version !== (signerId.kind === 'key-id' ? 3 : 1)) {
    throw new DerFault(`SignerInfo is of version ${version}`);
  }
  const digestAlgorithm = algorithmField(fields.next('digestAlgorithm'), 'digestAlgorithm');
  const signed = fields.next('signedAttrs').expect(TAG.context(0), 'signedAttrs');
  const attributes = attributesOf(signed.items('signedAttrs', TAG.context(0)));
  const algorithm = fields.next('signatureAlgorithm');
  const signatureAlgorithm = algorithmField(algorithm, 'signatureAlgorithm');
  const signature = fields.next('signature').octets('signature');
  fields.optional(TAG.context(1)); // unsigned attributes: anybody may have added them
  fields.end();
  // Signed as a SET, sent as [0] (RFC 5652, 5.4).
  const signedAttributes = concatBytes(Uint8Array.of(TAG.set), signed.whole.subarray(1));
  const algorithms = { digestAlgorithm, signatureAlgorithm };
  return { signerId, ...algorithms, signature, signedAttributes, attributes };
}

function signerIdOf(fields: DerFields): SignerId {
  const keyId = fields.optional(0x80);
  if (keyId !== null) return { kind: 'key-id', keyId: keyId.contents };
  const parts = fields.next('sid').fields('sid');
  const issuer = parts.next('issuer').expect(TAG.sequence, 'issuer').whole;
  const serialHex = parts.next('serialNumber').integerHex('serialNumber');
  parts.end();
  return { kind: 'issuer-serial', issuer, serialHex };
}

function attributesOf(values: readonly DerValue[]): Map<string, DerValue> {
  const attributes = new Map<string, DerValue>();
  for (const value of values) {
    const fields = value.fields('attribute');
    const oid = fields.next('type').oid('attribute type');
    const [only, ...more] = fields.next('values').items('attribute values', TAG.set);
    fields.end();
    if (only === undefined || more.length > 0 || attributes.has(oid)) {
      throw new DerFault(`signed attribute ${oid} has not exactly one value`);
    }
    attributes.set(oid, only);
  }
  return attributes;
}
