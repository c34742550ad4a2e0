import type { DecisionRequest } from '../decision/request.ts';
import type { AcceptedSignOff } from '../decision/sign-off.ts';
import type { TriggerState } from '../evidence/sustained.ts';
import type { GateResult } from '../gate/gate.ts';
import type { MethodState } from '../judge/methods.ts';
import type { VerdictKind } from '../judge/verdict.ts';
import type { Effect, Weights } from './effect.ts';
import type { PlanOrigin } from './event.ts';

/**
 * Everything a promotion remembers. Plain JSON: it is digested into every leaf and saved as a
 * snapshot. All but `evidence` is control: a change of it is written to the ledger as a leaf.
 */
export interface State {
  v: 1;
  promotion: string;
  service: string;
  planSha256: string;
  by: string;
  rehearsal: boolean;
  /** null: the plan came from no file. */
  origin: PlanOrigin | null;
  openedAtMs: number;
  term: number;
  /** Counter on each order to a driver; a driver refuses an older (term, generation). */
  generation: number;
  /** The generation it began with: still the same, no order was ever made. */
  firstGeneration: number;
  /** Effects issued so far; the next id is one more. */
  effectCount: number;
  position: Position;
  /** The share that is in force as far as the drivers confirmed. */
  weights: Weights;
  /** What the keeper applies when nobody renews, as of the last confirmed order. */
  fallback: Weights;
  candidate: 'none' | 'running' | 'stopped';
  pending: readonly PendingEffect[];
  gates: Readonly<Record<string, GateStanding>>;
  /** Gates skipped by a signed override. */
  skipped: readonly Skip[];
  verdict: VerdictKind | null;
  request: OpenRequest | null;
  decisions: readonly Decided[];
  incidents: readonly Incident[];
  paused: Pause | null;
  hold: Hold | null;
  /** Apart from `hold`: no failure hides it, and no `retry` ends it. */
  drift: Drift | null;
  /** Once set it stays: the promotion goes back as soon as there is a way. */
  back: BackOrder | null;
  soak: { breached: boolean; restarts: number };
  /** Of a rehearsal: what would have kept a promotion in the phase. */
  waived: readonly Waived[];
  outcome: Outcome | null;
  evidence: EvidenceState;
}

/** Where in the plan, and what the phase is doing. */
export interface Position {
  phase: number;
  /** Step of a rollout; 0 elsewhere. */
  step: number;
  stage: Stage;
  /** Next hook of the stage `before` or `after`. */
  hook: number;
  phaseSinceMs: number;
  stageSinceMs: number;
}

/**
 * before: hooks. start: the candidate's process. shift: the weight. run: what the phase is for.
 * review: its gates, fresh. after: hooks. adopt: the candidate becomes stable. back: going back.
 */
export type Stage =
  | 'before'
  | 'start'
  | 'shift'
  | 'run'
  | 'review'
  | 'after'
  | 'adopt'
  | 'back'
  | 'ended';

export interface PendingEffect {
  effect: Effect;
  sinceMs: number;
  attempts: number;
  /** sent: on its way. waiting: failed, tried again at `retryAtMs`. stuck: waits for `retry`. */
  status: 'sent' | 'waiting' | 'stuck';
  retryAtMs: number;
  lastError: string;
}

export interface GateStanding {
  result: GateResult;
  /** Since when it fails without a break; null: it does not. */
  failingSinceMs: number | null;
}

export interface Skip {
  gate: string;
  phase: string;
  /** Its number in the plan: the skip ends with the phase. */
  phaseIndex: number;
  by: string;
  reason: string;
  untilMs: number;
}

export interface Waived {
  phase: string;
  text: string;
}

export interface OpenRequest {
  request: DecisionRequest;
  sha256: string;
  accepted: readonly AcceptedSignOff[];
}

export interface Decided {
  subject: 'release' | 'confirmation';
  outcome: 'GO' | 'CONDITIONAL' | 'NO-GO';
  atMs: number;
  requestSha256: string;
  signedBy: readonly string[];
  conditions: readonly OpenCondition[];
  /** Set when newer evidence withdrew it. */
  revoked: string | null;
}

export interface OpenCondition {
  gate: string;
  expiresAtMs: number;
  metAtMs: number | null;
}

export interface Incident {
  id: string;
  severity: number;
  title: string;
  openedAtMs: number;
  resolvedAtMs: number | null;
}

export interface Pause {
  by: string;
  reason: string;
  sinceMs: number;
}

/** Standing still until a person acts. */
export interface Hold {
  kind: 'effect-failed' | 'hook-failed' | 'gate-failed' | 'deadline';
  text: string;
  sinceMs: number;
}

/** Locked files or artifacts that changed. It ends when they are as locked again. */
export interface Drift {
  text: string;
  sinceMs: number;
}

export interface BackOrder {
  cause: Cause;
  sinceMs: number;
  /** halt and a person's word go back even to a stable that is down. */
  forced: boolean;
  withdrawn: boolean;
  /** All traffic is confirmed at stable since then. */
  weightsAtMs: number | null;
}

export interface Cause {
  kind:
    | 'trigger'
    | 'verdict'
    | 'gate'
    | 'soak-breach'
    | 'no-go'
    | 'rejected'
    | 'deadline'
    | 'condition'
    | 'hook'
    | 'person'
    | 'superseded'
    | 'plan-ends'
    /** A rehearsal that went all the way. */
    | 'rehearsed';
  text: string;
}

export type Outcome =
  /** ga: it reached 100 % under a signed GO. A rehearsal is never promoted. */
  | { kind: 'promoted'; ga: boolean; atMs: number }
  | { kind: 'rolled-back'; cause: Cause; atMs: number }
  | { kind: 'withdrawn'; cause: Cause; atMs: number };

/** What intervals add up to. Changes with every interval and is no control by itself. */
export interface EvidenceState {
  lastSeq: number;
  lastEndMs: number;
  /** Rows that never came. */
  missing: number;
  stableUp: boolean | null;
  candidateUp: boolean | null;
  judge: MethodState | null;
  triggers: Readonly<Record<string, TriggerState>>;
  /** Since the stage `run` began, at the weight in force: time covered by evidence, and volume. */
  coveredMs: number;
  requests: number;
}

export const NO_EVIDENCE: EvidenceState = {
  lastSeq: -1,
  lastEndMs: 0,
  missing: 0,
  stableUp: null,
  candidateUp: null,
  judge: null,
  triggers: {},
  coveredMs: 0,
  requests: 0,
};

/** It has its outcome, and nothing is left to do. */
export function hasEnded(state: State): boolean {
  return state.outcome !== null && state.pending.length === 0;
}

/** Whether two states differ in control: then the step is written as a leaf. */
export function controlChanged(before: State | null, after: State): boolean {
  if (before === null) return true;
  const keys = Object.keys(after) as (keyof State)[];
  return keys.some((key) => key !== 'evidence' && before[key] !== after[key]);
}
