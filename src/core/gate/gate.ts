import type { Check, CheckOutcome, CheckResult } from './check.ts';

/** How much a gate weighs in the decision matrix. */
export type Impact = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW';
/** Its list in the green-yellow-red rule: all GREEN needed, any RED alone is NO-GO. */
export type Colour = 'GREEN' | 'YELLOW' | 'RED';

/** A named set of checks, automatic. A person's approval is a sign-off, never a gate. */
export interface Gate {
  name: string;
  title: string;
  impact: Impact;
  colour: Colour;
  /** A CONDITIONAL decision lets this gate be open for so long; 0: it may not be open at all. */
  conditionWithinMs: number;
  checks: readonly Check[];
}

export interface GateResult {
  gate: string;
  outcome: CheckOutcome;
  checks: readonly CheckResult[];
  evaluatedAtMs: number;
}
