import { fromBase64 } from './bytes.ts';
import { type KeyMaterial, keyFault } from './key-material.ts';
import { SshReader } from './ssh-wire.ts';

/** A public key as OpenSSH writes it (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709; PROTOCOL.u2f). */
export interface SshKey {
  algorithm: SshAlgorithm;
  material: KeyMaterial;
  /** Of a key on a token: what it was made for (`ssh:`). */
  application: string | null;
}

export type SshAlgorithm = (typeof ALGORITHMS)[number];

const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
] as const;

/** One line of a `.pub` file: algorithm, base64, and perhaps a comment. */
const LINE = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/;

/** The key of a `.pub` line; null for other algorithms, and for keys that nobody should sign with. */
export function parseSshLine(line: string): SshKey | null {
  const [, algorithm, base64 = ''] = LINE.exec(line.trim()) ?? [];
  const blob = fromBase64(base64);
  const key = blob === null ? null : parseSshBlob(blob);
  return key?.algorithm === algorithm ? key : null;
}

/** As parseSshLine, of the bytes in its base64. Bytes behind the key are refused. */
export function parseSshBlob(blob: Uint8Array): SshKey | null {
  const reader = new SshReader(blob);
  const algorithm = reader.text();
  const known = ALGORITHMS.find((one) => one === algorithm);
  if (known === undefined) return null;
  const material = materialOf(known, reader);
  const application = known.startsWith('sk-') ? reader.text() : null;
  if (material === null || !reader.isDone || keyFault(material) !== null) return null;
  if (known.startsWith('sk-') && application === null) return null;
  return { algorithm: known, material, application };
}

function materialOf(algorithm: SshAlgorithm, reader: SshReader): KeyMaterial | null {
  switch (algorithm) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com': {
      const raw = reader.string();
      return raw?.length === 32 ? { kind: 'ed25519', raw } : null;
    }
    case 'ecdsa-sha2-nistp256': {
      if (reader.text() !== 'nistp256') return null;
      const point = reader.string();
      return point?.length === 65 && point[0] === 4 ? { kind: 'p256', point } : null;
    }
    case 'ssh-rsa': {
      const exponent = reader.mpint();
      const modulus = reader.mpint();
      return exponent === null || modulus === null ? null : { kind: 'rsa', modulus, exponent };
    }
  }
}
