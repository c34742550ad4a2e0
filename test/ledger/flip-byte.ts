import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { verifyStore } from '../../src/adapters/store/verify-store.ts';
import { sha256 } from '../../src/base/digest.ts';
import { formatVkey, noteKey } from '../../src/core/ledger/signed-note.ts';
import { ORIGIN } from '../contract/ledger-store.ts';
import { must } from '../rig/ledger.ts';
import { fillSmall, storedIn } from './small-ledger.ts';

/** A closed ledger of one file, and what a reader finds in it. */
export interface SmallLedger {
  path: string;
  vkey: string;
  stored: string;
}

export type Flip =
  /** The verification names an entry and a place. */
  | { kind: 'reported'; places: readonly string[] }
  /** The file is not opened, or can't be read on, with the reason. */
  | { kind: 'refused'; message: string }
  | { kind: 'no effect' }
  | { kind: 'silent' };

export async function makeSmall(folder: string): Promise<SmallLedger> {
  const signer = must(createKeyFile(join(folder, 'log.key')));
  const vkey = formatVkey(must(noteKey(ORIGIN, signer.publicKey())));
  const made = join(folder, 'made.db');
  const store = must(openSqliteStore(made));
  await fillSmall(store, signer);
  store.close();
  const path = join(folder, 'ledger.db');
  copyFileSync(made, path);
  return { path, vkey, stored: digestOfStored(path) };
}

/** One bit of the byte, another one each byte; the file is left so. */
export function flipByte({ path, vkey, stored }: SmallLedger, whole: Uint8Array, at: number): Flip {
  const bytes = new Uint8Array(whole);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  writeFileSync(path, bytes);
  const result = verifyStore(path, vkey);
  if (!result.ok) return { kind: 'refused', message: result.problem.message };
  const { damage } = result.value;
  if (damage.length > 0) {
    return { kind: 'reported', places: damage.map(({ entry, place }) => `${entry} ${place}`) };
  }
  return { kind: digestOfStored(path) === stored ? 'no effect' : 'silent' };
}

const digestOfStored = (path: string): string => sha256(JSON.stringify(storedIn(path)));
