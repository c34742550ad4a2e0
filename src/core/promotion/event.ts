import type { Interval } from '../evidence/interval.ts';
import type { Evidence } from '../gate/check.ts';
import type { Weights } from './effect.ts';

/** The file that a plan was read from, and what was said with it: what it is held against from then on. */
export interface PlanOrigin {
  /** Absolute. */
  path: string;
  args: Readonly<Record<string, string>>;
  /** `200rps /path` in place of live requests; null: as the plan says. */
  load: string | null;
  /** Of a rehearsal: how long the whole road was to take; null: as long as the plan says. */
  scaleToMs: number | null;
}

/** Everything that can happen to a promotion. The machine learns of the world in no other way. */
export type PromotionEvent =
  /**
   * The first event: who asked for it. `generation`: no order to the service's drivers was above it.
   * `afterSeq`: the newest interval before it (-1: none); what lies before is not of this promotion.
   * `rehearsal` marks it for ever; it never counts.
   */
  | {
      kind: 'opened';
      promotion: string;
      by: string;
      term: number;
      generation: number;
      afterSeq: number;
      rehearsal: boolean;
      origin: PlanOrigin | null;
    }
  /** A controller has taken over; its term fences every order of an earlier one. */
  | { kind: 'controller-started'; term: number }
  /** Time has passed. */
  | { kind: 'tick' }
  | { kind: 'interval'; interval: Interval }
  /** The source lost rows for good: from..to will never come. */
  | { kind: 'gap'; fromSeq: number; toSeq: number }
  | { kind: 'effect-done'; effect: string }
  | { kind: 'evidence'; effect: string; evidence: readonly Evidence[] }
  | { kind: 'effect-failed'; effect: string; reason: FailureReason; message: string }
  /** What the driver says is in force, asked after a take-over and when a renewal is refused. */
  | { kind: 'observed'; weights: Weights; fallbackApplied: boolean }
  | { kind: 'sign-off'; document: string; signature: string }
  | { kind: 'override'; document: string; signature: string }
  | { kind: 'incident'; id: string; severity: number; title: string; resolved: boolean }
  /** A locked file or an artifact is no longer what it was. */
  | { kind: 'drift'; keys: readonly string[] }
  | { kind: 'command'; command: Command; by: string; reason: string };

/** unavailable: it may or may not have happened, trying again may help; refused: it never will. */
export type FailureReason = 'unavailable' | 'refused';

/**
 * pause, resume: an operator's stop. retry: try again what stands still after a failure.
 * abort, rollback: go back now. halt: go back at once, wherever back leads. withdraw: go back, and
 * the outcome is `withdrawn` (another promotion supersedes it).
 */
export type Command = 'pause' | 'resume' | 'retry' | 'abort' | 'rollback' | 'halt' | 'withdraw';
