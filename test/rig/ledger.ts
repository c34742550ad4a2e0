import { mkdirSync, writeFileSync } from 'node:fs';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateFiles } from '../../src/app.ts';
import type { Result } from '../../src/base/result.ts';
import { formatVkey, noteKey } from '../../src/core/ledger/signed-note.ts';
import type { LeafRecord, Signer } from '../../src/engine/ports.ts';
import { batch, checkpointAfter, headOf, leaf, ORIGIN } from '../contract/ledger-store.ts';

/** A ledger in a state directory of its own, for tests that copy, lose and restore it. */
export interface RigLedger {
  state: string;
  files: ReturnType<typeof stateFiles>;
  vkey: string;
  /** Adds entries under a checkpoint, or none; answers with the checkpoint's note. */
  grow(count: number, isSigned?: boolean): Promise<string>;
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

/** Its file is closed between calls. `same`: with the key of another one, as a second history has it. */
export function rigLedger(state: string, same: RigLedger | null = null): RigLedger {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const files = stateFiles(state);
  const signer = same === null ? must(createKeyFile(files.logKey)) : signers.get(same.vkey);
  if (signer === undefined) throw new Error('the other ledger has no key');
  const vkey = formatVkey(must(noteKey(ORIGIN, signer.publicKey())));
  signers.set(vkey, signer);
  writeFileSync(files.logVkey, `${vkey}\n`);
  return {
    state,
    files,
    vkey,
    grow: (count, isSigned = true) => grow(files.ledger, signer, count, isSigned),
  };
}

const signers = new Map<string, Signer>();
const AT_ONCE = 1_000;

async function grow(
  path: string,
  signer: Signer,
  count: number,
  isSigned: boolean,
): Promise<string> {
  const store = must(openSqliteStore(path));
  try {
    let checkpoint = '';
    for (let left = count; left > 0; left -= AT_ONCE) {
      checkpoint = await append(store, signer, Math.min(left, AT_ONCE), isSigned);
    }
    return checkpoint;
  } finally {
    store.close();
  }
}

async function append(
  store: SqliteStore,
  signer: Signer,
  count: number,
  isSigned: boolean,
): Promise<string> {
  const head = await headOf(store);
  const leaves = Array.from({ length: count }, (_, i) => leafAt(head.size + i));
  const checkpoint = isSigned ? await checkpointAfter(head, leaves, signer) : '';
  must(await store.append(batch({ firstIndex: head.size, leaves, checkpoint })));
  return checkpoint;
}

function leafAt(n: number): LeafRecord {
  return leaf({ n, atMs: Date.now(), summary: `step ${n} of ${Math.imul(n, 2_654_435_761)}` });
}
