/**
 * Composition root: it alone names adapters, and app-controller.ts for the controller process. Each is loaded when it is first needed, so a
 * command that only reads files does not wait for SQLite.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SqliteReader } from './adapters/store/sqlite-reader.ts';
import type { Services } from './adapters/workload/services.ts';
import { problem } from './base/problem.ts';
import { fail, type Result } from './base/result.ts';
import type { Interval } from './core/evidence/interval.ts';
import type { PrometheusServer } from './core/gate/check.ts';
import type { VerifyReport } from './core/ledger/verify.ts';
import type { MeasuredPlan, Signer } from './engine/ports.ts';

export type { SqliteReader } from './adapters/store/sqlite-reader.ts';
export type { ServiceView } from './adapters/workload/services.ts';

/** What stands where in a state directory. */
export interface StateFiles {
  ledger: string;
  /** Private, of the controller alone. */
  logKey: string;
  /** The public key of the ledger's checkpoints, one line. */
  logVkey: string;
  /** Held by the one controller. */
  lock: string;
  /** A folder a service. */
  services: string;
}

export function stateFiles(state: string): StateFiles {
  const folder = resolve(state);
  return {
    ledger: join(folder, 'ledger.db'),
    logKey: join(folder, 'log.key'),
    logVkey: join(folder, 'log.vkey'),
    lock: join(folder, 'controller.lock'),
    services: join(folder, 'services'),
  };
}

/** The ledger of a state directory, read-only, beside its controller. */
export async function openLedger(folder: string): Promise<Result<SqliteReader>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) return noLedger(path);
  const { openSqliteReader } = await import('./adapters/store/sqlite-reader.ts');
  return openSqliteReader(path);
}

/** Re-hashes the whole ledger of a state directory against a log key. */
export async function verifyLedgerOf(folder: string, vkey: string): Promise<Result<VerifyReport>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) return noLedger(path);
  const { verifyStore } = await import('./adapters/store/verify-store.ts');
  return verifyStore(path, vkey);
}

/** What a Prometheus holds of a plan's metrics over a time. Relative credentials begin where one stands. */
export async function prometheusIntervals(
  server: PrometheusServer,
  plan: MeasuredPlan,
  range: { fromMs: number; toMs: number; stepMs: number },
): Promise<Result<readonly Interval[]>> {
  const { prometheusRange } = await import('./adapters/sources/prometheus-range.ts');
  return await prometheusRange(server, plan.measurements, plan.metrics, range);
}

/** The services of a state directory. */
export async function servicesOf(folder: string): Promise<Services> {
  const { Services } = await import('./adapters/workload/services.ts');
  return new Services(stateFiles(folder).services);
}

/** A new Ed25519 key file, mode 0600; `conflict` when the file exists. */
export async function newKeyFile(path: string): Promise<Result<Signer>> {
  const { createKeyFile } = await import('./adapters/signer/file.ts');
  return createKeyFile(path);
}

/** The key in a file that its owner alone may read. */
export async function signerOf(path: string): Promise<Result<Signer>> {
  const { openKeyFile } = await import('./adapters/signer/file.ts');
  return openKeyFile(path);
}

function noLedger(path: string): { ok: false; problem: ReturnType<typeof problem> } {
  const hint = 'name the state directory: --state FOLDER, or set AURORA_STATE';
  return fail(problem('not-found', `${path} does not exist`, hint));
}
