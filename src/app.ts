/**
 * Composition root: it alone names adapters, and app-controller.ts for the controller process. Each is loaded when it is first needed, so a
 * command that only reads files does not wait for SQLite.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PackSigner } from './adapters/pack/pack-signer.ts';
import type { PersonalKey } from './adapters/signer/personal.ts';
import type { AuditRow } from './adapters/store/audit-rows.ts';
import type { BackupMade, BackupWish } from './adapters/store/backup.ts';
import type { BackupFile } from './adapters/store/backup-files.ts';
import type { RestoreDrill } from './adapters/store/drill-restore.ts';
import type { LedgerExtract } from './adapters/store/pack-source.ts';
import type { Restored, RestoreWish } from './adapters/store/restore.ts';
import type { SqliteReader } from './adapters/store/sqlite-reader.ts';
import type { AskOptions } from './adapters/timestamps/ask-authority.ts';
import type { AuthorityServer } from './adapters/timestamps/authority-server.ts';
import type { Asked } from './adapters/timestamps/timestamp-digest.ts';
import type { TimestampedFile } from './adapters/timestamps/timestamp-file.ts';
import type { Services } from './adapters/workload/services.ts';
import { sha256 } from './base/digest.ts';
import { problem } from './base/problem.ts';
import { fail, ok, type Result } from './base/result.ts';
import type { PromotionRecord } from './core/decision/promotion-record.ts';
import type { Interval } from './core/evidence/interval.ts';
import type { PrometheusServer } from './core/gate/check.ts';
import type { VerifyReport } from './core/ledger/verify.ts';
import type { AuthorityDefinition } from './core/timestamp/authority.ts';
import type { MeasuredPlan, Signer } from './engine/ports.ts';

export type { PackSigner } from './adapters/pack/pack-signer.ts';
export type { SqliteReader } from './adapters/store/sqlite-reader.ts';
export type { Asked } from './adapters/timestamps/timestamp-digest.ts';
export type { TimestampedFile } from './adapters/timestamps/timestamp-file.ts';
export type { ServiceView } from './adapters/workload/services.ts';

export { askWitness, publishTilesOf, serveWitnessOf } from './app-publish.ts';

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
  /** Where backups go unless another folder is named. */
  backups: string;
  /** The newest checkpoint that witnesses cosigned. */
  cosigned: string;
}

export function stateFiles(state: string): StateFiles {
  const folder = resolve(state);
  return {
    ledger: join(folder, 'ledger.db'),
    logKey: join(folder, 'log.key'),
    logVkey: join(folder, 'log.vkey'),
    lock: join(folder, 'controller.lock'),
    services: join(folder, 'services'),
    backups: join(folder, 'backups'),
    cosigned: join(folder, 'cosigned.checkpoint'),
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

/** Hands over each row of a state directory's audit log of a time, rising; answers with their number. */
export async function auditRowsOf(
  folder: string,
  time: { sinceMs: number; untilMs: number },
  take: (row: AuditRow) => void,
): Promise<Result<number>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) return noLedger(path);
  const { eachAuditRow } = await import('./adapters/store/audit-rows.ts');
  return eachAuditRow(path, time, take);
}

/** A verified backup of a state directory's ledger, beside its controller. */
export async function backUp(
  folder: string,
  wish: Omit<BackupWish, 'ledger'>,
): Promise<Result<BackupMade>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) return noLedger(path);
  const { backUpLedger } = await import('./adapters/store/backup.ts');
  return await backUpLedger({ ...wish, ledger: path });
}

/** The backups in a folder, the newest first. */
export async function backupsIn(folder: string): Promise<Result<readonly BackupFile[]>> {
  const { listBackups } = await import('./adapters/store/backup-files.ts');
  return listBackups(folder);
}

/** Replaces the ledger of a state directory that no controller holds by that of a backup. */
export async function restore(
  folder: string,
  wish: Omit<RestoreWish, 'ledger' | 'lock'>,
): Promise<Result<Restored>> {
  const { ledger, lock } = stateFiles(folder);
  const { restoreLedger } = await import('./adapters/store/restore.ts');
  return await restoreLedger({ ...wish, ledger, lock });
}

/** As `restore`, into a temporary folder that is removed again; the state directory is only read. */
export async function drillRestore(
  folder: string,
  wish: { file: string; vkey: string },
): Promise<Result<RestoreDrill>> {
  const { ledger } = stateFiles(folder);
  const { drillRestoreOf } = await import('./adapters/store/drill-restore.ts');
  return await drillRestoreOf({ ...wish, ledger });
}

/** What a state directory's ledger gives to the pack of an ended promotion; `scratch`: a folder for a copy. */
export async function packSourceOf(
  folder: string,
  word: string,
  scratch: string,
): Promise<Result<LedgerExtract>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) return noLedger(path);
  const { extractFor } = await import('./adapters/store/pack-source.ts');
  return extractFor(path, word, scratch);
}

/** Who signs a pack: an OpenPGP key of gpg, or the file of an ssh key. */
export async function packSigner(kind: 'gpg' | 'ssh', key: string): Promise<Result<PackSigner>> {
  if (kind === 'gpg') return (await import('./adapters/pack/sign-gpg.ts')).gpgSigner(key);
  return (await import('./adapters/pack/sign-ssh.ts')).sshSigner(key);
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

/** As `newKeyFile`, for ECDSA P-256: what statements are signed with. */
export async function newP256KeyFile(path: string): Promise<Result<PersonalKey>> {
  const { createP256KeyFile } = await import('./adapters/signer/personal.ts');
  return createP256KeyFile(path);
}

/** The Ed25519 or P-256 key in a file that its owner alone may read. */
export async function personalKeyOf(path: string): Promise<Result<PersonalKey>> {
  const { openPersonalKey } = await import('./adapters/signer/personal.ts');
  return openPersonalKey(path);
}

/** Who signs by a program of their own may have to touch a token, or to look for a passphrase. */
const PERSON_DEADLINE_MS = 120_000;

/** An armored ssh signature in a namespace, by ssh-keygen. */
export async function sshSignatureOf(
  message: Uint8Array,
  keyFile: string,
  namespace: string,
): Promise<Result<string>> {
  const { signWithSsh } = await import('./adapters/signatures/ssh.ts');
  return await signWithSsh(message, { keyFile, namespace, deadlineMs: PERSON_DEADLINE_MS });
}

/** An armored detached OpenPGP signature, by the person's gpg. */
export async function gpgSignatureOf(message: Uint8Array, key: string): Promise<Result<string>> {
  const { signWithGpg } = await import('./adapters/signatures/gpg.ts');
  const signed = await signWithGpg(message, { key, deadlineMs: PERSON_DEADLINE_MS });
  return signed.ok ? ok(signed.value.armored) : signed;
}

/** What an OpenPGP person of a plan signs off with: key and signature, by the person's gpg. */
export async function gpgSignOffOf(message: Uint8Array, key: string): Promise<Result<Uint8Array>> {
  const { signOffWithGpg } = await import('./adapters/signatures/gpg.ts');
  return await signOffWithGpg(message, { key, deadlineMs: PERSON_DEADLINE_MS });
}

/** A promotion, active or ended, recomputed from the ledger, with each of its steps. */
export async function promotionRecordOf(
  folder: string,
  word: string,
): Promise<Result<PromotionRecord>> {
  const { readPromotionRecord } = await import('./app-record.ts');
  return await readPromotionRecord(folder, word);
}

/** A promotion's recorded intervals within a time, each with the row that it is. */
export async function recordedIntervals(
  folder: string,
  promotion: string,
  time: { fromMs: number; toMs: number },
): Promise<Result<readonly { interval: Interval; body: string }[]>> {
  const { readIntervals } = await import('./app-record.ts');
  return await readIntervals(folder, promotion, time);
}

function noLedger(path: string): { ok: false; problem: ReturnType<typeof problem> } {
  const hint = 'name the state directory: --state FOLDER, or set AURORA_STATE';
  return fail(problem('not-found', `${path} does not exist`, hint));
}

/** A file and its tokens: those that are missing are asked for (`fetch`), or nobody is asked (`check`). */
export async function timestampFileBy(
  path: string,
  authorities: readonly AuthorityDefinition[],
  mode: 'fetch' | 'check',
): Promise<Result<TimestampedFile>> {
  const { timestampFile } = await import('./adapters/timestamps/timestamp-file.ts');
  return await timestampFile(path, authorities, mode === 'check' ? null : await askOptions());
}

/** Asks each authority for a timestamp of 32 bytes of chance, which nobody can have stamped before. */
export async function tryAuthorities(
  authorities: readonly AuthorityDefinition[],
): Promise<Result<readonly Asked[]>> {
  const { timestampDigest } = await import('./adapters/timestamps/timestamp-digest.ts');
  return await timestampDigest(sha256(randomBytes(32)), authorities, await askOptions());
}

/** A local authority at a port of loopback, made in its folder where that is new. */
export async function serveLocalAuthority(
  folder: string,
  name: string,
  port: number,
): Promise<Result<ServedAuthority>> {
  const { LOCAL_POLICY, openLocalAuthority } = await import(
    './adapters/timestamps/local-authority.ts'
  );
  const { serveAuthority } = await import('./adapters/timestamps/authority-server.ts');
  const authority = await openLocalAuthority(folder, name);
  if (!authority.ok) return authority;
  const served = await serveAuthority(authority.value, port);
  if (!served.ok) return served;
  return ok({ ...served.value, roots: authority.value.rootPath, policy: LOCAL_POLICY });
}

interface ServedAuthority extends AuthorityServer {
  /** What its users pin: a PEM file. */
  roots: string;
  policy: string;
}

async function askOptions(): Promise<AskOptions> {
  const { ASK_DEADLINE_MS } = await import('./adapters/timestamps/ask-authority.ts');
  const { SystemClock } = await import('./adapters/clock/system.ts');
  return { clock: new SystemClock(), deadlineMs: ASK_DEADLINE_MS };
}
