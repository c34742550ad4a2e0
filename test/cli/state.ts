import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateFiles } from '../../src/app.ts';
import type { Result } from '../../src/base/result.ts';
import { formatVkey, noteKey } from '../../src/core/ledger/signed-note.ts';
import { batch, checkpointAfter, headOf, leaf, ORIGIN } from '../contract/ledger-store.ts';

const MINUTE_MS = 60_000;
export const SIGNED_ENTRIES = 5;

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

/**
 * A state directory in `folder`: five entries of `shop-1.1.0` a minute apart, the newest now, under
 * a checkpoint, and a sixth of `pay-2.0.0` that no checkpoint covers yet.
 */
export async function makeState(folder: string): Promise<{ vkey: string }> {
  mkdirSync(join(folder, '.aurora'));
  const files = stateFiles(join(folder, '.aurora'));
  const signer = ok(createKeyFile(files.logKey));
  const vkey = formatVkey(ok(noteKey(ORIGIN, signer.publicKey())));
  writeFileSync(files.logVkey, `${vkey}\n`);
  const store = ok(openSqliteStore(files.ledger));
  const nowMs = Date.now();
  const signed = Array.from({ length: SIGNED_ENTRIES }, (_, n) =>
    leaf({
      n,
      promotion: 'shop-1.1.0',
      type: n === 0 ? 'started' : 'tick',
      actor: 'alice',
      summary: `step ${n}`,
      atMs: nowMs - (SIGNED_ENTRIES - 1 - n) * MINUTE_MS,
    }),
  );
  const checkpoint = await checkpointAfter(await headOf(store), signed, signer);
  ok(await store.append(batch({ leaves: signed, checkpoint })));
  const unsigned = leaf({ promotion: 'pay-2.0.0', atMs: nowMs, summary: 'not covered yet' });
  ok(await store.append(batch({ firstIndex: SIGNED_ENTRIES, leaves: [unsigned] })));
  store.close();
  return { vkey };
}
