import { createHash, X509Certificate } from 'node:crypto';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Certificate } from './certificate.ts';
import { DerFault, type DerValue, readDer, readPart, TAG } from './der.ts';
import { OID_TST_INFO, type SignedToken } from './response.ts';
import { algorithmField, type HashName, hashOf, signatureFault } from './signature.ts';

const OID = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  keyId: '2.5.29.14',
} as const;
const DIRECTORY_NAME = 4;

/**
 * The certificate that a token's signature is by. It is found by the identifiers that the signature
 * itself covers (RFC 5816: the certificate's hash), never by its place in the bag, which anybody may
 * fill. `integrity` where there is none, it is another, or the signature does not hold.
 */
export function signerOf(token: SignedToken, known: readonly Certificate[]): Result<Certificate> {
  const wrong = (message: string) => fail(problem('integrity', message));
  const named = known.filter((one) => isNamed(token, one));
  if (named.length === 0) return wrong("the token's signer has no certificate in it or beside it");
  const identified = identifiersOf(token);
  if (!identified.ok) return identified;
  const signer = named.find((one) => identified.value.every((fits) => fits(one)));
  if (signer === undefined) return wrong("the signer's certificate is not the one that was signed");
  const hash = hashOf(token.digestAlgorithm);
  if (hash === null) return wrong(`the token's hash ${token.digestAlgorithm} is not accepted`);
  const fault = attributeFault(token, hash);
  if (fault !== null) return wrong(fault);
  const signed = {
    bytes: token.signedAttributes,
    signature: token.signature,
    algorithm: token.signatureAlgorithm,
    hashBeside: hash,
  };
  const bad = signatureFault(signed, signer.publicKey);
  return bad === null ? ok(signer) : wrong(`the token's signature ${bad}`);
}

/** For people: `CN=Alpha TSA, O=Alpha`. */
export function nameOf({ der }: Certificate): string {
  return new X509Certificate(der).subject.split('\n').toReversed().join(', ');
}

function isNamed({ signerId }: SignedToken, certificate: Certificate): boolean {
  if (signerId.kind === 'issuer-serial') {
    const isSerial = signerId.serialHex === certificate.serialHex;
    return isSerial && equalBytes(signerId.issuer, certificate.issuer);
  }
  const own = certificate.extensions.get(OID.keyId);
  const read = own && readDer('the key identifier', own.value, (value) => value.octets('keyId'));
  return read?.ok === true && equalBytes(read.value, signerId.keyId);
}

function attributeFault({ attributes, content }: SignedToken, hash: HashName): string | null {
  const type = attributes.get(OID.contentType);
  const digest = attributes.get(OID.messageDigest);
  if (type === undefined || digest === undefined) return 'the token does not sign its content';
  const read = readPart('contentType', type, (value) => value.oid('contentType'));
  if (!read.ok || read.value !== OID_TST_INFO) return 'the token signs another kind of content';
  const octets = readPart('messageDigest', digest, (value) => value.octets('messageDigest'));
  const actual = createHash(hash).update(content).digest();
  const isSame = octets.ok && equalBytes(octets.value, actual);
  return isSame ? null : 'the token signs other content than it carries';
}

type Identifier = (certificate: Certificate) => boolean;

/** Of both kinds where both are there; at least one must be (RFC 5816, 2.2.1). */
function identifiersOf({ attributes }: SignedToken): Result<Identifier[]> {
  const identifiers: Identifier[] = [];
  for (const isV2 of [false, true]) {
    const value = attributes.get(isV2 ? OID.signingCertificateV2 : OID.signingCertificate);
    if (value === undefined) continue;
    const read = readPart('the signing certificate attribute', value, (attribute) =>
      identifierOf(attribute, isV2),
    );
    if (!read.ok) return read;
    identifiers.push(read.value);
  }
  if (identifiers.length > 0) return ok(identifiers);
  return fail(problem('integrity', "the token does not sign which certificate is its signer's"));
}

/** The first of the list is the signer's; the others name its CAs, which the path shows. */
function identifierOf(value: DerValue, isV2: boolean): Identifier {
  const fields = value.fields('SigningCertificate');
  const [first] = fields.next('certs').items('certs');
  fields.optional(TAG.sequence);
  fields.end();
  if (first === undefined) throw new DerFault('it names no certificate');
  const parts = first.fields('ESSCertID');
  const algorithm = isV2 ? parts.optional(TAG.sequence) : null;
  const hash = algorithm === null ? 'sha256' : hashOf(algorithmField(algorithm, 'hashAlgorithm'));
  if (hash === null) throw new DerFault('its hash is not accepted');
  const certHash = parts.next('certHash').octets('certHash');
  const issuerSerial = parts.optional(TAG.sequence);
  const serial = issuerSerial === null ? null : issuerSerialOf(issuerSerial);
  parts.end();
  return ({ der, issuer, serialHex }) => {
    // The older form is SHA-1 by definition; the key of the certificate still has to match.
    const actual = createHash(isV2 ? hash : 'sha1')
      .update(der)
      .digest();
    if (!equalBytes(certHash, actual)) return false;
    return serial === null || serial === `${toHex(issuer)} ${serialHex}`;
  };
}

function issuerSerialOf(value: DerValue): string {
  const fields = value.fields('issuerSerial');
  const [name, ...more] = fields.next('issuer').items('issuer');
  const serialHex = fields.next('serialNumber').integerHex('serialNumber');
  fields.end();
  if (name === undefined || more.length > 0) throw new DerFault('issuerSerial has no one issuer');
  const names = name.fields('directoryName', TAG.context(DIRECTORY_NAME));
  const issuer = names.next('Name').whole;
  names.end();
  return `${toHex(issuer)} ${serialHex}`;
}
