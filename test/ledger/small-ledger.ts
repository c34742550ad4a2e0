import Database from 'better-sqlite3';
import { utf8 } from '../../src/base/bytes.ts';
import { digestOf, sha256 } from '../../src/base/digest.ts';
import { sealOf } from '../../src/core/ledger/segment.ts';
import { hashedRekordColumns } from '../../src/core/ledger/verify.ts';
import type { AppendBatch, LedgerStore, Signer } from '../../src/engine/ports.ts';
import { batch, checkpointAfter, headOf, leaf, snapshotOf } from '../contract/ledger-store.ts';
import { must } from '../rig/ledger.ts';

export const SMALL_LEAVES = 21;

/** 21 leaves in batches of 1 to 5, with rows, seals, a blob, snapshots, and a checkpoint at 20. */
export async function fillSmall(target: LedgerStore, signer: Signer): Promise<void> {
  const blob = { body: utf8('a large body'), sha256: sha256('a large body') };
  const rows = Array.from({ length: 12 }, (_, seq) => ({
    promotion: 'payments-2.4.0',
    seq,
    body: JSON.stringify({ requests: 100 + seq, seq }),
  }));
  const special: Record<number, Parameters<typeof leaf>[0]> = {
    3: { sealed: sealOf(rows.slice(0, 5)) },
    6: { blobSha256: blob.sha256 },
    9: { sealed: sealOf(rows.slice(6, 10)), stateSha256: digestOf({ phase: 'soak' }) },
  };
  const all = Array.from({ length: SMALL_LEAVES }, (_, n) =>
    n === 8
      ? { ...hashedRekordColumns(leaf({ n: 7 })), body: '{"kind":"hashedrekord","spec":{}}' }
      : leaf({ n, summary: `step ${n}`, ...special[n] }),
  );
  const extras: Record<number, Partial<AppendBatch>> = {
    0: { rows: [...rows.slice(0, 5), ...rows.slice(6)] },
    5: { blobs: [blob] },
    9: { snapshots: [snapshotOf({ phase: 'soak' }, { leafIndex: 9 })] },
  };
  for (const [from, to] of [
    [0, 1],
    [1, 5],
    [5, 9],
    [9, 12],
    [12, 16],
    [16, 20],
    [20, 21],
  ] as const) {
    const leaves = all.slice(from, to);
    const checkpoint = to > 20 ? '' : await checkpointAfter(await headOf(target), leaves, signer);
    must(await target.append(batch({ firstIndex: from, leaves, checkpoint, ...extras[from] })));
  }
}

/** What is stored, what the audit log shows, and what the indexes find. */
export function storedIn(file: string): unknown[] {
  const db = new Database(file, { readonly: true });
  const selects = [
    ...['leaves', 'interval_rows', 'blobs', 'snapshots', 'checkpoints', 'controller', 'audit_log'],
    `leaves INDEXED BY leaves_by_promotion WHERE promotion = 'payments-2.4.0'`,
    `snapshots INDEXED BY snapshots_by_promotion WHERE promotion = 'payments-2.4.0'`,
    `blobs WHERE sha256 = '${sha256('a large body')}'`,
  ];
  try {
    return selects.map((from) => db.prepare(`SELECT * FROM ${from}`).all());
  } finally {
    db.close();
  }
}
