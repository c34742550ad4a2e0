import type { Result } from '../../base/result.ts';

/** A person's key that signs a pack and its manifest. */
export interface PackSigner {
  /** Of the file that holds a signature, behind a dot. */
  ending: 'asc' | 'sig';
  /** The file that goes into the pack, with which a signature is checked. */
  publicKey: Uint8Array;
  /** A detached signature, verified once it was made. */
  sign(bytes: Uint8Array): Promise<Result<Uint8Array>>;
}
