/**
 * What the machine wants done in the world. Data: the engine writes it to the ledger, then carries
 * it out. The id names it for ever; carrying it out twice must show once.
 */
export type Effect = { id: string } & EffectAction;

export type EffectAction =
  | ({ kind: 'set-weights'; generation: number } & WeightChange)
  /** `baseline`: and beside the candidate a fresh instance of what stable runs. */
  | { kind: 'start'; generation: number; baseline?: true }
  | { kind: 'stop'; generation: number; baseline?: true }
  /** The candidate becomes stable; the old stable is drained. After it there is no way back. */
  | { kind: 'adopt'; generation: number }
  | { kind: 'evaluate'; gates: readonly string[] }
  /** The hook of that number of the phase's `before` or `after`. */
  | { kind: 'hook'; phase: string; stage: 'before' | 'after'; index: number; name: string }
  | { kind: 'notify'; level: 'info' | 'warning' | 'critical'; title: string; text: string };

interface WeightChange {
  weights: Weights;
  fallback: Weights;
  /** Of all requests, out of stable's share, for the fresh baseline; absent: none. */
  baselinePct?: number;
}

/** Percent of requests; both together are 100. */
export interface Weights {
  stable: number;
  candidate: number;
}

export const ALL_STABLE: Weights = { stable: 100, candidate: 0 };

/** Effects that raise what the candidate may do: dropped when the way turns back. */
export function isForward(effect: Effect): boolean {
  switch (effect.kind) {
    case 'start':
    case 'adopt':
    case 'evaluate':
    case 'hook':
    case 'set-weights':
      return true;
    case 'stop':
    case 'notify':
      return false;
  }
}
