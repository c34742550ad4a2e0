/**
 * The ledger against raw SQLite in the same run, on the same disk, turn by turn:
 *   node bench/ledger.ts [--short]
 * Raw is one table of (number, 32-byte hash, body) in WAL with synchronous=FULL. Bodies have 600
 * bytes. Exits 1 when a bar of docs/formats/ledger.md is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createKeyFile } from '../src/adapters/signer/file.ts';
import { openSqliteStore, type SqliteStore } from '../src/adapters/store/sqlite.ts';
import { verifyStore } from '../src/adapters/store/verify-store.ts';
import { utf8 } from '../src/base/bytes.ts';
import { digestOf } from '../src/base/digest.ts';
import type { Result } from '../src/base/result.ts';
import { checkpointText, formatCheckpoint } from '../src/core/ledger/checkpoint.ts';
import { leafOf } from '../src/core/ledger/entry.ts';
import { frontierRoot, parseFrontier } from '../src/core/ledger/merkle.ts';
import { inclusionProof } from '../src/core/ledger/merkle-proof.ts';
import { formatVkey, noteKey } from '../src/core/ledger/signed-note.ts';
import type { AppendBatch, LeafRecord, Signer } from '../src/engine/ports.ts';

const isShort = process.argv.includes('--short');
const SINGLES = isShort ? 300 : 2_000;
const BATCH = 256;
const BATCHES = isShort ? 40 : 400;
const ROUNDS = isShort ? 4 : 8;
const PROOFS = 2_000;
const BODY_BYTES = 600;
const ORIGIN = 'bench.ledger.example';
const BARS = { singleTimesMax: 1.7, batchShareMin: 0.4, verifyMillionMaxMs: 10_000, proofMaxMs: 1 };

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const stateSha256 = digestOf({});
function makeLeaf(n: number): LeafRecord {
  const fill = (note: string) =>
    leafOf({
      v: 1,
      promotion: `payments-2.${n % 7}.0`,
      n,
      term: 1,
      atMs: 1_764_000_000_000 + n,
      type: 'tick',
      actor: 'controller',
      summary: 'time has passed',
      event: { kind: 'tick', note },
      effects: [],
      stateSha256,
      ended: false,
      sealed: null,
      blobSha256: null,
    });
  const short = ok(fill('')).body.length;
  return ok(fill('.'.repeat(BODY_BYTES - short)));
}

function batchOf(firstIndex: number, leaves: readonly LeafRecord[]): AppendBatch {
  return { term: 1, firstIndex, leaves, rows: [], blobs: [], checkpoint: '', snapshots: [] };
}

/** The floor: what SQLite itself takes to make such rows durable. */
function rawTable(path: string): (first: number, bodies: readonly string[]) => void {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE raw (n INTEGER PRIMARY KEY, hash BLOB NOT NULL, body TEXT NOT NULL)');
  const insert = db.prepare('INSERT INTO raw VALUES (?, ?, ?)');
  const hash = Buffer.alloc(32, 7);
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
  return (first, bodies) => {
    begin.run();
    bodies.forEach((body, i) => {
      insert.run(first + i, hash, body);
    });
    commit.run();
  };
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

async function timed(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function singles(folder: string): Promise<number> {
  const store = ok(openSqliteStore(join(folder, 'single.db')));
  const raw = rawTable(join(folder, 'single-raw.db'));
  const times: { raw: number[]; aurora: number[] } = { raw: [], aurora: [] };
  for (let n = 0; n < SINGLES; n += 1) {
    const leaf = makeLeaf(n);
    times.raw.push(await timed(() => raw(n, [leaf.body])));
    times.aurora.push(await timed(async () => ok(await store.append(batchOf(n, [leaf])))));
  }
  store.close();
  for (const [name, values] of Object.entries(times)) {
    const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
    print(`single durable append, ${name}: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms`);
  }
  return percentile(times.aurora, 0.5) / percentile(times.raw, 0.5);
}

async function batches(folder: string, store: SqliteStore): Promise<number> {
  const raw = rawTable(join(folder, 'batch-raw.db'));
  const total = { rawMs: 0, auroraMs: 0 };
  const perRound = Math.ceil(BATCHES / ROUNDS);
  for (let round = 0, n = 0; round < ROUNDS; round += 1) {
    const made = Array.from({ length: perRound }, (_, i) =>
      Array.from({ length: BATCH }, (_, j) => makeLeaf(n + i * BATCH + j)),
    );
    const bodies = made.map((leaves) => leaves.map(({ body }) => body));
    total.rawMs += await timed(() => {
      bodies.forEach((batch, i) => {
        raw(n + i * BATCH, batch);
      });
    });
    total.auroraMs += await timed(async () => {
      for (const [i, leaves] of made.entries())
        ok(await store.append(batchOf(n + i * BATCH, leaves)));
    });
    n += perRound * BATCH;
  }
  const leaves = perRound * ROUNDS * BATCH;
  for (const [name, ms] of Object.entries(total)) {
    const perSecond = Math.round((leaves / ms) * 1_000).toLocaleString('en');
    print(`batches of ${BATCH}, ${name.slice(0, -2)}: ${perSecond} leaves/s`);
  }
  return total.rawMs / total.auroraMs;
}

async function publish(store: SqliteStore, signer: Signer): Promise<number> {
  const head = ok(await store.head());
  const frontier = parseFrontier(head.size, head.frontier);
  if (frontier === null) throw new Error('the head holds no frontier');
  const checkpoint = { origin: ORIGIN, size: head.size, root: frontierRoot(frontier) };
  const signature = ok(await signer.sign(utf8(checkpointText(checkpoint))));
  const note = ok(formatCheckpoint(checkpoint, signer.publicKey(), signature));
  ok(await store.append({ ...batchOf(head.size, []), checkpoint: note }));
  return head.size;
}

function report(name: string, value: number, digits: number, bar: number, isMax: boolean): boolean {
  const isMet = isMax ? value <= bar : value >= bar;
  const sign = isMax ? '<=' : '>=';
  print(`${isMet ? 'met   ' : 'missed'} ${name}: ${value.toFixed(digits)} (${sign} ${bar})`);
  return isMet;
}

async function main(folder: string): Promise<boolean> {
  print(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  const singleTimes = await singles(folder);
  const path = join(folder, 'batch.db');
  const store = ok(openSqliteStore(path));
  const batchShare = await batches(folder, store);
  const signer = ok(createKeyFile(join(folder, 'log.key')));
  const size = await publish(store, signer);
  let hashes = 0;
  const proofsMs = await timed(() => {
    for (let i = 0; i < PROOFS; i += 1) {
      const index = (i * 7_919) % size;
      hashes = ok(inclusionProof(index, size, store.reader.node)).length;
    }
  });
  store.close();
  const vkey = formatVkey(ok(noteKey(ORIGIN, signer.publicKey())));
  let entries = 0;
  const verifyMs = await timed(() => {
    const verified = ok(verifyStore(path, vkey));
    if (verified.damageCount > 0) throw new Error('the ledger of the bench is damaged');
    entries = verified.entries;
  });
  print(`verified ${entries} entries in ${Math.round(verifyMs)} ms; proofs of ${hashes} hashes`);
  const met = [
    report('single append p50, times raw', singleTimes, 2, BARS.singleTimesMax, true),
    report('batches, share of raw', batchShare, 2, BARS.batchShareMin, false),
    report('inclusion proof, ms', proofsMs / PROOFS, 3, BARS.proofMaxMs, true),
    report(
      'verify 1,000,000 entries, ms (scaled)',
      (verifyMs / entries) * 1_000_000,
      0,
      BARS.verifyMillionMaxMs,
      true,
    ),
  ];
  return !met.includes(false);
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-bench-'));
try {
  process.exitCode = (await main(folder)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
