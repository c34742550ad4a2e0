import { hash } from 'node:crypto';
import { concatBytes, equalBytes } from './bytes.ts';
import { keyFault, keyIdentity, verifyByKey } from './key-material.ts';
import {
  isKeyPacket,
  isSignaturePacket,
  type OpenpgpKey,
  type OpenpgpSignature,
  readKeyPacket,
  readPackets,
  readSignaturePacket,
} from './openpgp-packets.ts';

const OVER_BYTES = 0x00;
/** More than the largest key and its signature. */
const BYTES_MAX = 16_384;

/**
 * Why bytes are no OpenPGP signature (version 4) over `message` by the key with that fingerprint;
 * null: they are. They hold exactly two packets, the public key that signed (primary or subkey)
 * and its signature: the fingerprint is the digest of the first. Expiry and revocation are not
 * judged here: whoever names the fingerprint says that it counts.
 */
export function openpgpFault(
  bytes: Uint8Array,
  fingerprint: string,
  message: Uint8Array,
): string | null {
  const pair = readPair(bytes);
  if (pair === null) return 'it is no OpenPGP key and signature of a kind that is taken';
  const { key, signature } = pair;
  if (key.fingerprint !== fingerprint) return `it is by the OpenPGP key ${key.fingerprint}`;
  if (signature.issuer !== null && signature.issuer !== key.fingerprint) {
    return `it names the OpenPGP key ${signature.issuer} as its maker`;
  }
  const weak = keyFault(key.material);
  if (weak !== null) return weak;
  return holds(key, signature, message) ? null : 'it is not over these bytes';
}

/** One text for the key in such bytes, the same as for its other writings; null: there is none. */
export function openpgpSigner(bytes: Uint8Array): string | null {
  const pair = readPair(bytes);
  return pair === null ? null : keyIdentity(pair.key.material);
}

function readPair(bytes: Uint8Array): { key: OpenpgpKey; signature: OpenpgpSignature } | null {
  if (bytes.length > BYTES_MAX) return null;
  const [first, second, ...more] = readPackets(bytes) ?? [];
  if (first === undefined || second === undefined || more.length > 0) return null;
  if (!isKeyPacket(first.tag) || !isSignaturePacket(second.tag)) return null;
  const key = readKeyPacket(first.body);
  const signature = readSignaturePacket(second.body);
  if (key === null || signature === null || signature.type !== OVER_BYTES) return null;
  return { key, signature };
}

/** RFC 4880, 5.2.4: the document, the hashed part, and a trailer with that part's length. */
function holds(key: OpenpgpKey, signature: OpenpgpSignature, message: Uint8Array): boolean {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, signature.hashed.length);
  const signed = concatBytes(message, signature.hashed, Uint8Array.of(4, 0xff), length);
  const digest = hash(signature.hash, signed, 'buffer');
  if (!equalBytes(digest.subarray(0, 2), signature.check)) return false;
  const { material } = key;
  const modulusBytes = material.kind === 'rsa' ? material.modulus.length : 0;
  const raw = signature.signatureFor(material.kind, modulusBytes);
  if (raw === null) return false;
  // EdDSA of version 4 signs the digest; the others hash what they sign themselves.
  const what = material.kind === 'ed25519' ? digest : signed;
  return verifyByKey(material, signature.hash, what, raw);
}

/**
 * The two packets that `openpgpFault` reads, from a key's export and a detached signature of it;
 * null where the export lacks that key, or kinds are not taken.
 */
export function openpgpPair(
  exported: Uint8Array,
  fingerprint: string,
  signature: Uint8Array,
): Uint8Array | null {
  const key = readPackets(exported)?.find(
    ({ tag, body }) => isKeyPacket(tag) && readKeyPacket(body)?.fingerprint === fingerprint,
  );
  const [only, ...more] = readPackets(signature) ?? [];
  if (key === undefined || only === undefined || more.length > 0) return null;
  const pair = concatBytes(packet(key.tag, key.body), packet(only.tag, only.body));
  return readPair(pair) === null ? null : pair;
}

/** With a length of five bytes (RFC 4880, 4.2.2.3). */
function packet(tag: number, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(6);
  head[0] = 0xc0 | tag;
  head[1] = 0xff;
  new DataView(head.buffer).setUint32(2, body.length);
  return concatBytes(head, body);
}
