import { fromBase64, utf8 } from '../../base/bytes.ts';
import { verifyByKey } from '../../base/key-material.ts';
import { openpgpFault, openpgpSigner } from '../../base/openpgp-signature.ts';
import { identityOf, parsePublicKey } from '../../base/public-key.ts';
import { sshsigFault } from '../../base/sshsig.ts';

/** The namespace of people's ssh signatures: one that was made for a file or a commit is none. */
export const SIGN_OFF_NAMESPACE = 'aurora-sign-off';

/**
 * Why `signature` (base64) is not by the key over the document's UTF-8 bytes; null: it is. How it is
 * read depends on the key of the plan alone: raw bytes or DER for a key file, SSHSIG for an ssh key,
 * and for OpenPGP the packets of the key that signs and of its signature.
 */
export function personSignatureFault(
  publicKey: string,
  document: string,
  signature: string,
): string | null {
  const key = parsePublicKey(publicKey);
  if (key === null) return 'the plan holds no sound key';
  const bytes = fromBase64(signature);
  if (bytes === null) return 'it is no base64';
  const message = utf8(document);
  switch (key.form) {
    case 'spki':
      return verifyByKey(key.material, 'sha256', message, bytes)
        ? null
        : 'another key made it, or other bytes were signed';
    case 'ssh':
      return sshsigFault(bytes, { key: key.key, namespace: SIGN_OFF_NAMESPACE }, message);
    case 'openpgp':
      return openpgpFault(bytes, key.fingerprint, message);
  }
}

/**
 * One text for the key behind an accepted signature, however the plan writes it: of an OpenPGP key
 * it takes the signature to tell.
 */
export function signingKeyOf(publicKey: string, signature: string): string | null {
  const key = parsePublicKey(publicKey);
  if (key === null) return null;
  if (key.form !== 'openpgp') return identityOf(key);
  const bytes = fromBase64(signature);
  return bytes === null ? null : openpgpSigner(bytes);
}
