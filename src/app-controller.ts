/** Composition root of the controller process; the rest of the program has app.ts. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SystemClock } from './adapters/clock/system.ts';
import { CommandHooks } from './adapters/hooks/command.ts';
import { ProcessLoadGenerator } from './adapters/load/generator.ts';
import { FileNotifier } from './adapters/notify/file.ts';
import { createKeyFile, openKeyFile } from './adapters/signer/file.ts';
import { EvidenceHub } from './adapters/sources/evidence-hub.ts';
import { readServiceFile } from './adapters/sources/service-file.ts';
import { type BackupFile, listBackups } from './adapters/store/backup-files.ts';
import { openSqliteStore } from './adapters/store/sqlite.ts';
import { type PastPromotions, sqlitePast } from './adapters/store/sqlite-past.ts';
import { openSqliteReader } from './adapters/store/sqlite-reader.ts';
import { EmbeddedTraffic } from './adapters/traffic/embedded.ts';
import { KeeperWorkload } from './adapters/workload/keeper.ts';
import { stateFiles } from './app.ts';
import { type Problem, problem } from './base/problem.ts';
import { fail, ok, type Result } from './base/result.ts';
import { formatVkey, noteKey } from './core/ledger/signed-note.ts';
import type { Plan } from './core/plan/plan.ts';
import { Engine } from './engine/engine.ts';
import type { World } from './engine/perform.ts';
import type { Notifier, Signer } from './engine/ports.ts';
import { takeLock } from './process/exclusive-lock.ts';

export type { PastPromotion } from './adapters/store/sqlite-past.ts';

/** Everything that the controller process works with. */
export interface Controller {
  engine: Engine;
  /** Which controller of this ledger it is: each one raises it. */
  term: number;
  /** Promotions that have ended; the engine holds the others. */
  past: PastPromotions;
  /** Why this plan cannot be promoted here, whatever its release; null: nothing is in the way. */
  faultsOf(plan: Plan): Problem | null;
  /** What a service counts in; a plan's interval is a multiple of it. */
  intervalMsOf(service: string): Result<number>;
  /** Backups of the ledger in a folder, the newest first. */
  backups(folder: string): Result<readonly BackupFile[]>;
  /** Tells people. */
  notifier: Notifier;
  /** Nothing is written after it; the ledger's file is whole by itself. */
  close(): void;
}

/**
 * Takes the state directory, opens its ledger and resumes what is open there. `conflict` while
 * another controller has it. The log key is made with the ledger, once.
 */
export async function openController(state: string): Promise<Result<Controller>> {
  const files = stateFiles(state);
  mkdirSync(files.services, { recursive: true, mode: 0o700 });
  const lock = takeLock(files.lock, 'controller');
  if (!lock.ok) return lock;
  const signer = logSigner(files);
  if (!signer.ok) return signer;
  const published = publishKey(files.logVkey, signer.value);
  if (!published.ok) return published;
  const store = openSqliteStore(files.ledger);
  if (!store.ok) return store;
  const world = worldOf(state);
  const engine = await Engine.open({
    world,
    store: store.value,
    signer: signer.value,
    clock: new SystemClock(),
    origin: LOG_ORIGIN,
  });
  if (!engine.ok) return engine;
  const past = pastOf(files.ledger);
  if (!past.ok) return past;
  const faultsOf = (plan: Plan): Problem | null => world.evidence.faults(plan)[0] ?? null;
  const intervalMsOf = (service: string): Result<number> => {
    const definition = readServiceFile(files.services, service);
    return definition.ok ? ok(definition.value.traffic.intervalMs) : definition;
  };
  const close = (): void => store.value.close();
  const { notifier } = world;
  const about = { faultsOf, intervalMsOf, backups: listBackups, notifier };
  return ok({ engine: engine.value, ...past.value, ...about, close });
}

const LOG_ORIGIN = 'ledger.aurora.example';
const LOST_KEY_HINT = 'restore it from its backup; a ledger is never continued under another key';

function logSigner(files: ReturnType<typeof stateFiles>): Result<Signer> {
  if (existsSync(files.logKey)) return openKeyFile(files.logKey);
  if (!existsSync(files.ledger)) return createKeyFile(files.logKey);
  const message = `${files.logKey} is gone, and the ledger is not`;
  return fail(problem('integrity', message, LOST_KEY_HINT));
}

function worldOf(state: string): World & { evidence: EvidenceHub } {
  const { services } = stateFiles(state);
  const stateFolder = resolve(state);
  const workFolder = dirname(stateFolder);
  return {
    traffic: new EmbeddedTraffic(services),
    workload: new KeeperWorkload(services),
    evidence: new EvidenceHub({ servicesFolder: services, workFolder }),
    hooks: new CommandHooks({ stateFolder, workFolder }),
    notifier: new FileNotifier({ stateFolder }),
    load: new ProcessLoadGenerator(services),
  };
}

/** On a connection of its own: looking back never stands in the way of writing. */
export function pastOf(ledger: string): Result<Pick<Controller, 'past' | 'term'>> {
  const reader = openSqliteReader(ledger);
  if (!reader.ok) return reader;
  const term = reader.value.term();
  return term.ok ? ok({ past: sqlitePast(reader.value), term: term.value }) : term;
}

/** Beside the ledger, so that `ledger verify` works at once; an auditor is given it another way. */
function publishKey(path: string, signer: Signer): Result<void> {
  const key = noteKey(LOG_ORIGIN, signer.publicKey());
  if (!key.ok) return key;
  const vkey = `${formatVkey(key.value)}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8') !== vkey) {
    return fail(problem('integrity', `${path} is the key of another log`, LOST_KEY_HINT));
  }
  writeFileSync(path, vkey, { mode: 0o644 });
  return ok(undefined);
}
