/**
 * One run of fault-child.ts under strace, with one fault at one system call on the files of the
 * ledger, and what is then demanded: the ledger opens, verifies, holds every acknowledged entry,
 * and can be appended to.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyFile, openKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { verifyStore } from '../../src/adapters/store/verify-store.ts';
import { openCheckpoint } from '../../src/core/ledger/checkpoint.ts';
import { formatVkey, type NoteKey, noteKey } from '../../src/core/ledger/signed-note.ts';
import { batch, checkpointAfter, ORIGIN } from '../contract/ledger-store.ts';
import { must } from '../rig/ledger.ts';
import { faultLeaf } from './fault-leaf.ts';

/** Everything SQLite does to a file on the way of an append; `rename` only where it should ever begin to. */
const CALLS = 'openat write pwrite64 fsync fdatasync ftruncate unlink rename'.split(' ');
const CHILD = join(import.meta.dirname, 'fault-child.ts');
const APPENDS = 4;
/** strace ends as its child did, and a killed one has no code: this stands for it. */
const KILLED = 137;
const EXPECTED_CODES = [0, 3, KILLED];

/** `from then on`: the disk stays as it is, as a full one does. */
export const FAULTS = [
  { name: 'EIO', inject: 'error=EIO', when: (n: number) => `${n}` },
  { name: 'ENOSPC', inject: 'error=ENOSPC', when: (n: number) => `${n}` },
  { name: 'ENOSPC from then on', inject: 'error=ENOSPC', when: (n: number) => `${n}+` },
  { name: 'EIO from then on', inject: 'error=EIO', when: (n: number) => `${n}+` },
  { name: 'SIGKILL', inject: 'signal=SIGKILL', when: (n: number) => `${n}` },
] as const;
export type Fault = (typeof FAULTS)[number];

/** A place to inject at: the nth such call on a file of the ledger. */
export interface Place {
  call: string;
  n: number;
}

/** A ledger that each run starts from a copy of. */
export interface Start {
  name: string;
  folder: string;
  /** What it holds, all of it acknowledged. */
  entries: number;
}

export function straceIsThere(): boolean {
  return spawnSync('strace', ['-V']).status === 0;
}

/** None yet; one with entries; one whose writer was killed, so that all is in its write-ahead log. */
export function starts(folder: string): Start[] {
  const made = ['new', 'closed', 'killed'].map((name) => ({
    name,
    folder: join(folder, name),
    entries: 0,
  }));
  const [fresh, closed, killed] = made;
  if (fresh === undefined || closed === undefined || killed === undefined) throw new Error('three');
  mkdirSync(fresh.folder);
  must(createKeyFile(join(fresh.folder, 'log.key')));
  cpSync(fresh.folder, closed.folder, { recursive: true });
  run(closed.folder, null);
  closed.entries = APPENDS;
  cpSync(closed.folder, killed.folder, { recursive: true });
  const { signal } = spawnSync(process.execPath, [CHILD, killed.folder, `${APPENDS}`, 'killed']);
  if (signal !== 'SIGKILL') throw new Error('the writer was to be killed');
  killed.entries = 2 * APPENDS;
  return made;
}

/** Every call on the ledger's files in an undisturbed run, in order. */
export function placesOf(start: Start, work: string): Place[] {
  const folder = fresh(start, work);
  const { log } = run(folder, null);
  const seen = new Map<string, number>();
  return [...log.matchAll(/^\d+ +(\w+)\(/gm)].map(([, call = '']) => {
    const n = (seen.get(call) ?? 0) + 1;
    seen.set(call, n);
    return { call, n };
  });
}

/** What is wrong after the fault; null: nothing. `injected` is false where the call never came. */
export async function faultCase(
  start: Start,
  place: Place,
  fault: Fault,
  work: string,
): Promise<{ injected: boolean; wrong: string | null }> {
  const folder = fresh(start, work);
  const ran = run(folder, { place, inject: fault.inject, when: fault.when(place.n) });
  const isKill = fault.inject.startsWith('signal');
  const injected = isKill ? ran.code === KILLED : ran.log.includes('(INJECTED)');
  if (!EXPECTED_CODES.includes(ran.code)) return { injected, wrong: `it crashed: ${ran.error}` };
  return { injected, wrong: await faultOf(folder, start.entries, ran.acknowledged) };
}

function fresh(start: Start, work: string): string {
  rmSync(work, { recursive: true, force: true });
  cpSync(start.folder, work, { recursive: true });
  return work;
}

interface Ran {
  code: number;
  acknowledged: number[];
  log: string;
  error: string;
}

function run(
  folder: string,
  tampering: { place: Place; inject: string; when: string } | null,
): Ran {
  const log = join(folder, 'strace.log');
  const files = ['', '/ledger.db', '/ledger.db-wal', '/ledger.db-shm', '/ledger.db-journal'];
  const { status, signal, stdout, stderr } = spawnSync(
    'strace',
    [
      // Without its seccomp filter: with it, strace 6.1 injects errors and forgets signals.
      ...['-f', '-qq', '-o', log, '-e', `trace=${CALLS.join(',')}`],
      ...files.flatMap((file) => ['-P', `${folder}${file}`]),
      ...(tampering === null
        ? []
        : ['-e', `inject=${tampering.place.call}:${tampering.inject}:when=${tampering.when}`]),
      ...[process.execPath, CHILD, folder, String(APPENDS)],
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  const acknowledged = stdout.split('\n').filter(Boolean).map(Number);
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  rmSync(log, { force: true });
  const code = status ?? (signal === 'SIGKILL' ? KILLED : -1);
  return { code, acknowledged, log: text, error: stderr };
}

async function faultOf(
  folder: string,
  before: number,
  acknowledged: readonly number[],
): Promise<string | null> {
  const path = join(folder, 'ledger.db');
  const signer = must(openKeyFile(join(folder, 'log.key')));
  const key = must(noteKey(ORIGIN, signer.publicKey()));
  const store = openSqliteStore(path);
  if (!store.ok) return `the ledger does not open: ${store.problem.message}`;
  try {
    const head = await store.value.head();
    if (!head.ok) return `the ledger has no head: ${head.problem.message}`;
    const wrong = headFault(head.value, before, acknowledged, key);
    if (wrong !== null) return wrong;
    const { size } = head.value;
    const leaves = must(await store.value.leaves(0, size));
    const odd = leaves.findIndex(({ body }, index) => body !== faultLeaf(index).body);
    if (leaves.length !== size || odd >= 0) return `entry ${odd} of ${size} is another one`;
    const more = [faultLeaf(size)];
    const checkpoint = await checkpointAfter(head.value, more, signer);
    const appended = await store.value.append(
      batch({ firstIndex: size, leaves: more, checkpoint }),
    );
    if (!appended.ok) return `nothing can be appended: ${appended.problem.message}`;
  } finally {
    store.value.close();
  }
  const report = verifyStore(path, formatVkey(key));
  if (!report.ok) return `it can't be verified: ${report.problem.message}`;
  const [damage] = report.value.damage;
  return damage === undefined ? null : `damaged: ${JSON.stringify(damage)}`;
}

/** The head is signed, and is that of what was acknowledged and at most one entry more. */
function headFault(
  head: { size: number; checkpoint: string },
  before: number,
  acknowledged: readonly number[],
  key: NoteKey,
): string | null {
  const held = before + acknowledged.length;
  if (acknowledged.some((index, i) => index !== before + i)) {
    return `acknowledged out of order: ${acknowledged.join(' ')} after ${before}`;
  }
  if (head.size < held) return `${held} entries were acknowledged, ${head.size} are there`;
  if (head.size > held + 1) return `${head.size} entries, and only ${held} were acknowledged`;
  if (head.size === 0) return null;
  const signed = openCheckpoint(head.checkpoint, key);
  if (!signed.ok) return `the head: ${signed.problem.message}`;
  return signed.value.size === head.size ? null : `the head is signed for ${signed.value.size}`;
}
