/**
 * Appends entries to the ledger in FOLDER, one transaction each under a signed checkpoint, and writes
 * the index of each to stdout once it is acknowledged: `node fault-child.ts FOLDER COUNT [killed]`.
 * An append that fails is tried once more where the ledger then ends. 0: all are there, 3: the store
 * said no. `killed`: it ends by SIGKILL, with the ledger open.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/store/sqlite.ts';
import type { Problem } from '../../src/base/problem.ts';
import { ok, type Result } from '../../src/base/result.ts';
import type { Signer } from '../../src/engine/ports.ts';
import { batch, checkpointAfter } from '../contract/ledger-store.ts';
import { faultLeaf } from './fault-leaf.ts';

const REFUSED = 3;
const TRIES = 2;

async function append(store: SqliteStore, signer: Signer): Promise<Result<number>> {
  const head = await store.head();
  if (!head.ok) return head;
  const leaves = [faultLeaf(head.value.size)];
  const checkpoint = await checkpointAfter(head.value, leaves, signer);
  const written = await store.append(batch({ firstIndex: head.value.size, leaves, checkpoint }));
  return written.ok ? ok(head.value.size) : written;
}

async function grow(folder: string, count: number, isKilled: boolean): Promise<Problem | null> {
  const signer = openKeyFile(join(folder, 'log.key'));
  if (!signer.ok) return signer.problem;
  const store = openSqliteStore(join(folder, 'ledger.db'));
  if (!store.ok) return store.problem;
  for (let done = 0, tries = 0; done < count; ) {
    const appended = await append(store.value, signer.value);
    if (appended.ok) {
      writeSync(1, `${appended.value}\n`);
      done += 1;
      tries = 0;
    } else {
      tries += 1;
      if (tries === TRIES) return appended.problem;
    }
  }
  if (isKilled) process.kill(process.pid, 'SIGKILL');
  store.value.close();
  return null;
}

const [folder = '', count = '0', end] = process.argv.slice(2);
const problem = await grow(folder, Number(count), end === 'killed');
if (problem !== null) {
  writeSync(2, `${problem.code}: ${problem.message}\n`);
  process.exitCode = REFUSED;
}
