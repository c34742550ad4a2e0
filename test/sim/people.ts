import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ok } from '../../src/base/result.ts';
import type { Signer } from '../../src/engine/ports.ts';

/** Test persons, named by what they do. Fresh keys each run: nothing secret is ever committed. */
export interface TestPerson {
  id: string;
  publicKey: string;
  privateKey: KeyObject;
}

function person(id: string): TestPerson {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return { id, publicKey: der.toString('base64'), privateKey };
}

export const PEOPLE: readonly TestPerson[] = ['rm-1', 'sre-1', 'sre-2', 'author'].map(person);

export function personOf(id: string): TestPerson {
  const found = PEOPLE.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no test person ${id}`);
  return found;
}

export function signature(by: TestPerson, bytes: Uint8Array | string): string {
  return sign(null, Buffer.from(bytes), by.privateKey).toString('base64');
}

const LOG_KEY = generateKeyPairSync('ed25519');

/** The log key of simulated ledgers: in memory, made anew each run. */
export function memorySigner(): Signer {
  const spki = LOG_KEY.publicKey.export({ format: 'der', type: 'spki' });
  const raw = new Uint8Array(spki.subarray(spki.length - 32));
  return {
    publicKey: () => raw,
    sign: (bytes) => Promise.resolve(ok(new Uint8Array(sign(null, bytes, LOG_KEY.privateKey)))),
  };
}
