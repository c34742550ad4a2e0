import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { memoryStore } from '../../src/adapters/store/memory.ts';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/store/sqlite.ts';
import { batch, headOf, leaves, ledgerStoreContract } from './ledger-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-ledger-'));
const signer = must(createKeyFile(join(folder, 'log.key')));
const opened: SqliteStore[] = [];
let files = 0;

function must<T>(result: { ok: true; value: T } | { ok: false; problem: { message: string } }): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

function openAt(path: string): SqliteStore {
  const store = must(openSqliteStore(path));
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

ledgerStoreContract('memory', () => {
  const store = memoryStore();
  return { store, reopen: () => store, signer };
});

ledgerStoreContract('sqlite', () => {
  files += 1;
  const path = join(folder, `ledger-${files}.db`);
  const store = openAt(path);
  return {
    store,
    reopen: () => {
      store.close();
      return openAt(path);
    },
    signer,
  };
});

test('memory: an injected fault answers unavailable, before or after it stored', async () => {
  const faults = ['fail-before', 'fail-after', 'none'] as const;
  let calls = 0;
  const store = memoryStore(() => faults[calls++] ?? 'none');
  const first = batch({ leaves: leaves(2) });
  expect(await store.append(first)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
  expect((await headOf(store)).size).toBe(0);
  expect(await store.append(first)).toMatchObject({ ok: false, problem: { code: 'unavailable' } });
  expect((await headOf(store)).size).toBe(2);
  expect(await store.append(first)).toMatchObject({ problem: { code: 'conflict' } });
  expect(calls).toBe(2); // a batch that would not be stored asks nothing
});
