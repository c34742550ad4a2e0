/**
 * Everything the engine needs from the world. Each port says what it promises about durability,
 * idempotence and concurrency; test/contract/ holds one suite a port that every adapter and every
 * fake passes. At most five methods each.
 */
import type { Result } from '../base/result.ts';
import type { Interval, Track } from '../core/evidence/interval.ts';
import type { Evidence, EvidenceQuery } from '../core/gate/check.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { LoadOrder } from '../core/promotion/load.ts';

/** (term, generation): who ordered, and which of its orders. A lower one is refused for good. */
export interface Fence {
  term: number;
  generation: number;
}

export interface Weights {
  stable: number;
  candidate: number;
}

/**
 * Moves requests between tracks.
 * Durability: an accepted order survives the controller. Idempotence: the same fence again is
 * accepted without effect. Concurrency: an order with an older fence is `refused`, for ever.
 */
export interface TrafficDriver {
  setWeights(service: string, order: WeightOrder): Promise<Result<void>>;
  /**
   * Keeps the order in force; without it for `controllerLossMs` the fallback is applied. The fence
   * may be newer than the order's: from then on every older one is refused.
   */
  renew(service: string, fence: Fence): Promise<Result<void>>;
  /** What is in force now, and whether the fallback was applied. */
  observe(service: string): Promise<Result<TrafficState>>;
}

export interface WeightOrder {
  fence: Fence;
  weights: Weights;
  fallback: Weights;
  /** Of all requests, out of stable's share; none while the fallback is in force. Absent: none. */
  baselinePct?: number;
  controllerLossMs: number;
}

export interface TrafficState {
  fence: Fence;
  weights: Weights;
  fallbackApplied: boolean;
}

/**
 * Runs the builds behind the tracks.
 * Idempotence: `start` with an instance id that already lives answers ok without a second process;
 * `stop` of what is not there answers ok. Concurrency: an older fence is `refused`.
 */
export interface WorkloadDriver {
  start(service: string, order: StartOrder): Promise<Result<void>>;
  stop(service: string, order: StopOrder): Promise<Result<void>>;
  /** The candidate's instance becomes stable's; the old stable is drained and stopped. */
  adopt(service: string, order: AdoptOrder): Promise<Result<void>>;
  observe(service: string): Promise<Result<readonly InstanceState[]>>;
}

/** A baseline is a fresh instance of what stable runs: its version, command and files are stable's. */
export type InstanceTrack = Track | 'baseline';

export interface StartOrder {
  fence: Fence;
  track: InstanceTrack;
  /** The effect id: names the instance, so that a repeated order starts nothing twice. */
  instance: string;
  version: string;
  artifacts: readonly { name: string; sha256: string }[];
  /** In place of the service's own command; null: that one. */
  command: string | null;
}

export interface StopOrder {
  fence: Fence;
  track: InstanceTrack;
}

export interface AdoptOrder {
  fence: Fence;
  version: string;
}

export interface InstanceState {
  track: InstanceTrack;
  instance: string;
  version: string;
  up: boolean;
}

/**
 * Brings recorded facts: interval rows and the evidence of checks. Read-only.
 * Idempotence: reading the same numbers again gives the same rows. Missing evidence is a value
 * (`kind: none` or `error`), never an exception and never an invented number.
 */
export interface EvidenceSource {
  /** The number of the newest closed interval of a service; -1: there is none yet. */
  newest(plan: MeasuredPlan): Promise<Result<number>>;
  /** Rows after `afterSeq`, rising, at most `limit`, with the metrics that the plan measures. */
  intervals(
    plan: MeasuredPlan,
    afterSeq: number,
    limit: number,
  ): Promise<Result<readonly Interval[]>>;
  collect(
    service: string,
    checks: readonly { check: string; query: EvidenceQuery }[],
  ): Promise<readonly Evidence[]>;
}

/** What of a plan says how its service is measured. */
export type MeasuredPlan = Pick<Plan, 'service' | 'intervalMs' | 'metrics' | 'measurements'>;

/** Runs an operator's command. Idempotence: by effect id; the same id answers with the first result. */
export interface HookRunner {
  run(effectId: string, hook: { run: string; timeoutMs: number }): Promise<Result<void>>;
}

/**
 * Makes requests for a service while a plan asks for them. Idempotence: the same words again change
 * nothing. Durability: none; what was asked for ends with the controller, and the next one asks again.
 */
export interface LoadGenerator {
  /** From now on this load and no other; null: none. `refused`: it can't be, however often it is asked. */
  generate(service: string, load: LoadOrder | null): Promise<Result<void>>;
}

/** Tells people. Idempotence: by message id; a message of a known id is not sent again. */
export interface Notifier {
  send(message: Message): Promise<Result<void>>;
}

export interface Message {
  id: string;
  level: 'info' | 'warning' | 'critical';
  title: string;
  text: string;
}

/** Time. `now` may jump; `monotonic` never goes back. Both in milliseconds. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Resolves after `ms`, or early when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Signs with a key that never leaves it. Ed25519 over the bytes given. */
export interface Signer {
  /** Raw 32-byte public key. */
  publicKey(): Uint8Array;
  sign(bytes: Uint8Array): Promise<Result<Uint8Array>>;
}

/**
 * The ledger's disk. One writer.
 * Durability: when `append` answers ok the batch is on stable storage, whole; else none of it is
 * visible after a restart, except where it answers `unavailable` (it may or may not be there:
 * reopen and look). Concurrency: a batch whose term is lower than the highest seen is `refused`;
 * `firstIndex` must be the current size, else `conflict`.
 */
export interface LedgerStore {
  /** What a writer needs to go on. */
  head(): Promise<Result<LedgerHead>>;
  append(batch: AppendBatch): Promise<Result<void>>;
  /** Leaves [from, to), rising, with bodies. */
  leaves(from: number, to: number): Promise<Result<readonly StoredLeaf[]>>;
  /** Interval rows of a promotion with seq > afterSeq, rising. */
  rows(promotion: string, afterSeq: number, limit: number): Promise<Result<readonly IntervalRow[]>>;
  /** A body by its digest, or null. */
  blob(sha256: string): Promise<Result<Uint8Array | null>>;
}

export interface LedgerHead {
  size: number;
  term: number;
  /** Roots of the perfect subtrees that make up the tree, largest first (base64). */
  frontier: readonly string[];
  /** The newest signed checkpoint's note text, empty before the first. */
  checkpoint: string;
  /** The newest snapshot of each promotion, where that is not `ended`. */
  active: readonly Snapshot[];
}

/** One transaction: rows first, then leaves, tree hashes, checkpoint, snapshots; all or nothing. */
export interface AppendBatch {
  term: number;
  firstIndex: number;
  leaves: readonly LeafRecord[];
  rows: readonly IntervalRow[];
  blobs: readonly { sha256: string; body: Uint8Array }[];
  checkpoint: string;
  snapshots: readonly Snapshot[];
}

/** What audit_log shows of a leaf, and its body: RFC 8785 JSON of at most 16 KiB. */
export interface LeafRecord {
  promotion: string;
  atMs: number;
  type: string;
  actor: string;
  summary: string;
  body: string;
  /** A blob of the same batch, or an earlier one, that the body quotes by its digest; else null. */
  blobSha256: string | null;
}

export interface StoredLeaf extends LeafRecord {
  index: number;
  blob: Uint8Array | null;
}

export interface IntervalRow {
  promotion: string;
  seq: number;
  body: string;
}

/** A saved state, tied to the leaf after which it holds. */
export interface Snapshot {
  promotion: string;
  ended: boolean;
  leafIndex: number;
  stateSha256: string;
  body: string;
}
