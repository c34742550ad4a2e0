import type { CheckOutcome } from '../gate/check.ts';

/** rollback and promote are shown; continue: neither yet; inconclusive: it cannot be told. */
export type VerdictKind = 'rollback' | 'promote' | 'continue' | 'inconclusive';

/** Every number that shaped it. Natural logarithms throughout. */
export interface Verdict {
  kind: VerdictKind;
  /** One sentence. */
  reason: string;
  /** Last interval that entered, and how many pairs did. */
  seq: number;
  pairs: number;
  /** ln of the combined e-value for rollback, and ln(1/alpha) it is held against. */
  lnE: number;
  lnEThreshold: number;
  metrics: readonly MetricVerdict[];
  split: {
    expectedPct: number;
    observedPct: number;
    lnE: number;
    lnEThreshold: number;
    tripped: boolean;
  };
  phi: number;
  horizonSpent: boolean;
}

export interface MetricVerdict {
  metric: string;
  advisory: boolean;
  stable: { events: number; total: number };
  candidate: { events: number; total: number };
  /** ln e-values: rollback mixture with restart; promotion (null where not required). */
  lnE: number;
  lnEPromote: number | null;
  lnEPromoteThreshold: number;
  /** Excess since the last quiet point of the floor CUSUM, against the floor; null: no pair yet. */
  excess: number | null;
  floor: number;
  outcome: CheckOutcome;
}
