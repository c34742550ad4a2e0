/** What every LedgerStore promises. Each adapter and each fake runs this suite. */
import { describe, expect, test } from 'vitest';
import { present } from '../../src/base/assert.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { digestOf, sha256 } from '../../src/base/digest.ts';
import { checkpointText, formatCheckpoint } from '../../src/core/ledger/checkpoint.ts';
import { type Entry, leafOf } from '../../src/core/ledger/entry.ts';
import {
  EMPTY_FRONTIER,
  extend,
  type Frontier,
  frontierRoot,
  frontierTexts,
  leafHash,
  parseFrontier,
} from '../../src/core/ledger/merkle.ts';
import type {
  AppendBatch,
  LeafRecord,
  LedgerHead,
  LedgerStore,
  Signer,
  Snapshot,
} from '../../src/engine/ports.ts';

export const ORIGIN = 'ledger.test.example';

export function entry(fields: Partial<Entry> = {}): Entry {
  return {
    v: 1,
    promotion: 'payments-2.4.0',
    n: 0,
    term: 1,
    atMs: 1_764_000_000_123,
    type: 'tick',
    actor: 'controller',
    summary: 'time has passed',
    event: { kind: 'tick' },
    effects: [],
    stateSha256: digestOf({}),
    ended: false,
    sealed: null,
    blobSha256: null,
    ...fields,
  };
}

export function leaf(fields: Partial<Entry> = {}): LeafRecord {
  const made = leafOf(entry(fields));
  if (!made.ok) throw new Error(made.problem.message);
  return made.value;
}

export function leaves(count: number, from = 0): LeafRecord[] {
  return Array.from({ length: count }, (_, i) =>
    leaf({ n: from + i, summary: `step ${from + i}` }),
  );
}

export function batch(fields: Partial<AppendBatch> = {}): AppendBatch {
  return {
    term: 1,
    firstIndex: 0,
    leaves: [],
    rows: [],
    blobs: [],
    checkpoint: '',
    snapshots: [],
    ...fields,
  };
}

/** A state saved after `leafIndex`; tie it with `leaf({ stateSha256 })`. */
export function snapshotOf(state: object, fields: Partial<Snapshot> = {}): Snapshot {
  const body = canonicalJson(state);
  const promotion = 'payments-2.4.0';
  return { promotion, ended: false, leafIndex: 0, stateSha256: sha256(body), body, ...fields };
}

export async function headOf(store: LedgerStore): Promise<LedgerHead> {
  const head = await store.head();
  if (!head.ok) throw new Error(head.problem.message);
  return head.value;
}

export function frontierOf(head: LedgerHead): Frontier {
  return present(parseFrontier(head.size, head.frontier), 'the head holds its frontier');
}

function treeTexts(leaves: readonly LeafRecord[]): string[] {
  const hashes = leaves.map(({ body }) => leafHash(body));
  return frontierTexts(extend(EMPTY_FRONTIER, hashes).frontier);
}

/** The signed checkpoint of the tree after `added` on top of `head`. */
export async function checkpointAfter(
  head: LedgerHead,
  added: readonly LeafRecord[],
  signer: Signer,
): Promise<string> {
  const { frontier } = extend(
    frontierOf(head),
    added.map(({ body }) => leafHash(body)),
  );
  const checkpoint = { origin: ORIGIN, size: frontier.size, root: frontierRoot(frontier) };
  const signed = await signer.sign(utf8(checkpointText(checkpoint)));
  if (!signed.ok) throw new Error(signed.problem.message);
  const note = formatCheckpoint(checkpoint, signer.publicKey(), signed.value);
  if (!note.ok) throw new Error(note.problem.message);
  return note.value;
}

async function appended(store: LedgerStore, fields: Partial<AppendBatch>): Promise<void> {
  expect(await store.append(batch(fields))).toEqual({ ok: true, value: undefined });
}

const problemOf = async (answer: Promise<{ ok: boolean }>) => {
  const result = await answer;
  return 'problem' in result ? (result.problem as { code: string }).code : 'ok';
};

/** `open` gives a new, empty store; `reopen` the same one as after a restart. */
export function ledgerStoreContract(
  name: string,
  open: () => { store: LedgerStore; reopen: () => LedgerStore; signer: Signer },
): void {
  describe(`ledger store: ${name}`, () => {
    test('an empty ledger', async () => {
      const { store } = open();
      expect(await headOf(store)).toEqual({
        size: 0,
        term: 0,
        frontier: [],
        checkpoint: '',
        active: [],
      });
      expect(await store.leaves(0, 10)).toEqual({ ok: true, value: [] });
      expect(await store.rows('p', -1, 10)).toEqual({ ok: true, value: [] });
      expect(await store.blob('00')).toEqual({ ok: true, value: null });
    });

    test('what was appended is there, whole, after a restart', async () => {
      const { store, reopen, signer } = open();
      const blob = { body: utf8('{"large":true}'), sha256: sha256('{"large":true}') };
      const state = { phase: 'canary' };
      const first = [
        leaf({ blobSha256: blob.sha256 }),
        leaf({ n: 1, stateSha256: digestOf(state) }),
      ];
      const rows = [3, 1, 2].map((seq) => ({ promotion: 'p', seq, body: `{"seq":${seq}}` }));
      const snapshot = snapshotOf(state, { leafIndex: 1 });
      const checkpoint = await checkpointAfter(await headOf(store), first, signer);
      await appended(store, {
        leaves: first,
        blobs: [blob],
        rows,
        checkpoint,
        snapshots: [snapshot],
      });
      await appended(store, { firstIndex: 2, leaves: leaves(3, 2) });
      for (const open of [() => store, reopen]) {
        const view = open();
        const head = await headOf(view);
        expect(head).toMatchObject({ size: 5, term: 1, checkpoint, active: [snapshot] });
        expect(head.frontier).toEqual(treeTexts([...first, ...leaves(3, 2)]));
        const read = await view.leaves(0, 3);
        expect(read).toMatchObject({
          ok: true,
          value: [{ index: 0, ...first[0] }, { index: 1, ...first[1], blob: null }, { index: 2 }],
        });
        const body = read.ok ? read.value[0]?.blob : null;
        expect(body && Buffer.from(body).toString()).toBe('{"large":true}');
        const kept = await view.blob(blob.sha256);
        expect(kept.ok && kept.value && Buffer.from(kept.value).toString()).toBe('{"large":true}');
        expect(await view.rows('p', 1, 1)).toEqual({
          ok: true,
          value: [{ promotion: 'p', seq: 2, body: '{"seq":2}' }],
        });
        expect(await view.rows('q', 0, 9)).toEqual({ ok: true, value: [] });
      }
    });

    test('leaves are read in ranges; beyond the end there are none', async () => {
      const { store } = open();
      await appended(store, { leaves: leaves(7) });
      const indexes = async (from: number, to: number) => {
        const read = await store.leaves(from, to);
        return read.ok ? read.value.map(({ index }) => index) : read.problem;
      };
      expect(await indexes(2, 5)).toEqual([2, 3, 4]);
      expect(await indexes(5, 100)).toEqual([5, 6]);
      expect(await indexes(5, 5)).toEqual([]);
      expect(await indexes(6, 2)).toEqual([]);
      expect(await indexes(7, 9)).toEqual([]);
    });

    test('a lower term is refused for good; a higher one is taken over', async () => {
      const { store, reopen } = open();
      await appended(store, { term: 3, leaves: leaves(1) });
      await appended(store, { term: 5, firstIndex: 1 }); // a take-over writes no leaf of its own
      expect(await problemOf(store.append(batch({ term: 4, firstIndex: 1 })))).toBe('refused');
      const again = reopen();
      expect(await problemOf(again.append(batch({ term: 4, firstIndex: 1 })))).toBe('refused');
      await appended(again, { term: 5, firstIndex: 1, leaves: leaves(1, 1) });
      expect(await headOf(again)).toMatchObject({ size: 2, term: 5 });
    });

    test('firstIndex must be the size', async () => {
      const { store } = open();
      await appended(store, { leaves: leaves(2) });
      for (const firstIndex of [0, 1, 3, -1]) {
        const wrong = batch({ firstIndex, leaves: leaves(1) });
        expect(await problemOf(store.append(wrong)), String(firstIndex)).toBe('conflict');
      }
      expect((await headOf(store)).size).toBe(2);
    });

    test('all or nothing: one part that is refused keeps every other part out', async () => {
      const { store, signer } = open();
      const row = { promotion: 'p', seq: 1, body: '{}' };
      await appended(store, { leaves: leaves(2), rows: [row] });
      const before = await headOf(store);
      const more = leaves(1, 2);
      const good = await checkpointAfter(before, more, signer);
      const cases: [string, Partial<AppendBatch>, string][] = [
        ['a row that is there', { rows: [{ ...row, seq: 2 }, row] }, 'conflict'],
        ['a row twice', { rows: [2, 2].map((seq) => ({ ...row, seq })) }, 'conflict'],
        [
          'a quoted blob that is nowhere',
          { leaves: [leaf({ blobSha256: sha256('x') })] },
          'conflict',
        ],
        [
          'a blob of another digest',
          { blobs: [{ sha256: sha256('x'), body: utf8('y') }] },
          'integrity',
        ],
        [
          'a snapshot of another digest',
          { snapshots: [snapshotOf({}, { stateSha256: sha256('x') })] },
          'integrity',
        ],
        [
          'a snapshot tied to no leaf',
          { snapshots: [snapshotOf({}, { leafIndex: 9 })] },
          'conflict',
        ],
        [
          'a checkpoint of fewer leaves',
          { checkpoint: await checkpointAfter(before, [], signer) },
          'integrity',
        ],
        ['a checkpoint of other leaves', { checkpoint: good, leaves: leaves(1, 7) }, 'integrity'],
        ['a checkpoint that is no note', { checkpoint: 'ledger\n3\n' }, 'integrity'],
        ['a leaf too large', { leaves: [{ ...leaf(), body: 'é'.repeat(8_193) }] }, 'refused'],
      ];
      for (const [what, fields, code] of cases) {
        const wrong = batch({
          term: 9,
          firstIndex: 2,
          leaves: more,
          rows: [{ ...row, seq: 5 }],
          ...fields,
        });
        expect(await problemOf(store.append(wrong)), what).toBe(code);
        expect(await headOf(store), what).toEqual(before);
        expect(await store.rows('p', 0, 10), what).toEqual({ ok: true, value: [row] });
      }
      await appended(store, { firstIndex: 2, leaves: more, checkpoint: good });
      expect((await headOf(store)).checkpoint).toBe(good);
    });

    test('active: the newest snapshot of each promotion that has not ended', async () => {
      const { store, reopen } = open();
      const at = (promotion: string, leafIndex: number, state: object, ended = false) =>
        snapshotOf(state, { promotion, leafIndex, ended });
      const snapshots = [at('b', 0, { a: 1 }), at('a', 1, { a: 2 }), at('c', 1, { a: 3 })];
      await appended(store, { leaves: leaves(2), snapshots });
      const later = [at('b', 2, { a: 4 }), at('c', 3, { a: 5 }, true)];
      await appended(store, { firstIndex: 2, leaves: leaves(2, 2), snapshots: later });
      for (const open of [() => store, reopen]) {
        const view = open();
        expect((await headOf(view)).active).toEqual([snapshots[1], later[0]]);
      }
    });

    test('batches of any size give the tree of the leaves one by one', async () => {
      const { store } = open();
      const all = leaves(21);
      let at = 0;
      for (const size of [1, 2, 0, 5, 8, 1, 4]) {
        await appended(store, { firstIndex: at, leaves: all.slice(at, at + size) });
        at += size;
      }
      expect((await headOf(store)).frontier).toEqual(treeTexts(all));
    });
  });
}
