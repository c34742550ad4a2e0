/**
 * The ledger against raw SQLite in the same run, on the same disk, turn by turn:
 *   node bench/ledger.ts [--short]
 * Raw is one table of (number, 32-byte hash, body) in WAL with synchronous=FULL. Bodies have 600
 * bytes. Then a ledger of 1,000,000 entries is verified on one thread, and proofs are made of it.
 * `--short` takes 10,240 entries and scales. Exits 1 when a bar of docs/formats/ledger.md is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
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
const ENTRIES = isShort ? BATCH * BATCHES : 1_000_000;
const FILL_AT_ONCE = 1_000;
const PROOFS = 2_000;
const BODY_BYTES = 600;
const ORIGIN = 'bench.ledger.example';
const BARS = {
  singleTimesMax: 1.7,
  batchShareMin: 0.4,
  verifyMillionMaxMs: 10_000,
  proofMaxMs: 1,
  proofMaxBytes: 640,
};

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

/** Grows the ledger to its full size, unmeasured, and signs its head. */
async function complete(store: SqliteStore, signer: Signer): Promise<number> {
  let { size } = ok(await store.head());
  while (size < ENTRIES) {
    const count = Math.min(FILL_AT_ONCE, ENTRIES - size);
    const leaves = Array.from({ length: count }, (_, i) => makeLeaf(size + i));
    ok(await store.append(batchOf(size, leaves)));
    size += count;
  }
  const head = ok(await store.head());
  const frontier = parseFrontier(head.size, head.frontier);
  if (frontier === null) throw new Error('the head holds no frontier');
  const checkpoint = { origin: ORIGIN, size: head.size, root: frontierRoot(frontier) };
  const signature = ok(await signer.sign(utf8(checkpointText(checkpoint))));
  const note = ok(formatCheckpoint(checkpoint, signer.publicKey(), signature));
  ok(await store.append({ ...batchOf(head.size, []), checkpoint: note }));
  return head.size;
}

async function proofs(
  store: SqliteStore,
  size: number,
): Promise<{ eachMs: number; bytes: number }> {
  let hashes = 0;
  const ms = await timed(() => {
    for (let i = 0; i < PROOFS; i += 1) {
      const index = (i * 7_919) % size;
      hashes = Math.max(hashes, ok(inclusionProof(index, size, store.reader.node)).length);
    }
  });
  return { eachMs: ms / PROOFS, bytes: hashes * 32 };
}

async function verified(path: string, vkey: string): Promise<number> {
  let entries = 0;
  const before = process.cpuUsage();
  const ms = await timed(() => {
    const report = ok(verifyStore(path, vkey));
    if (report.damageCount > 0) throw new Error('the ledger of the bench is damaged');
    entries = report.entries;
  });
  const { user, system } = process.cpuUsage(before);
  const cpuMs = Math.round((user + system) / 1_000);
  print(
    `verified ${entries} entries in ${Math.round(ms)} ms, ${cpuMs} ms of them on the processor`,
  );
  return (ms / entries) * 1_000_000;
}

function report(name: string, value: number, digits: number, bar: number, isMax = true): boolean {
  const isMet = isMax ? value <= bar : value >= bar;
  const sign = isMax ? '<=' : '>=';
  print(`${isMet ? 'met   ' : 'MISSED'} ${name}: ${value.toFixed(digits)} (${sign} ${bar})`);
  return isMet;
}

async function main(folder: string): Promise<boolean> {
  print(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  print(`load of the machine: ${loadavg()[0]?.toFixed(1)} on ${cpus().length} processors`);
  const singleTimes = await singles(folder);
  const path = join(folder, 'batch.db');
  const store = ok(openSqliteStore(path));
  const batchShare = await batches(folder, store);
  const signer = ok(createKeyFile(join(folder, 'log.key')));
  const size = await complete(store, signer);
  const proof = await proofs(store, size);
  store.close();
  const vkey = formatVkey(ok(noteKey(ORIGIN, signer.publicKey())));
  const verifyMs = await verified(path, vkey);
  const scaled = isShort ? ' (scaled)' : '';
  const met = [
    report('single append p50, times raw', singleTimes, 2, BARS.singleTimesMax),
    report('batches, share of raw', batchShare, 2, BARS.batchShareMin, false),
    report(`verify 1,000,000 entries${scaled}, ms`, verifyMs, 0, BARS.verifyMillionMaxMs),
    report(`inclusion proof at ${size}, ms`, proof.eachMs, 3, BARS.proofMaxMs),
    report(`inclusion proof at ${size}, bytes`, proof.bytes, 0, BARS.proofMaxBytes),
  ];
  return !met.includes(false);
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-bench-'));
try {
  process.exitCode = (await main(folder)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
