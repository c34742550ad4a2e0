import type { Prng } from '../../src/base/prng.ts';
import { problem } from '../../src/base/problem.ts';
import { fail, type Result } from '../../src/base/result.ts';

/** Everything that may go wrong; each must have been hit at least 20 times in a run. */
export const FAULT_KINDS = [
  'effect lost',
  'done but reported failed',
  'done twice',
  'late repetition',
  'interval late',
  'interval doubled',
  'intervals reordered',
  'interval missing',
  'no evidence',
  'controller killed',
  'controller stalled and taken over',
  'disk full',
  'written but reported failed',
  'clock forward',
  'clock back',
  'signer late',
  'signer wrong',
  'wrong button',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export class Faults {
  readonly hits = new Map<FaultKind, number>(FAULT_KINDS.map((kind) => [kind, 0]));
  /** Set to zero to let a promotion come to its end undisturbed. */
  scale = 1;
  private readonly chance: Prng;

  constructor(chance: Prng) {
    this.chance = chance;
  }

  /** Whether the fault strikes now; counted where it does. */
  strikes(kind: FaultKind, probability: number): boolean {
    if (!this.chance.chance(probability * this.scale)) return false;
    this.hit(kind);
    return true;
  }

  /** Bad news that is no fault: as rare as said, and none in peace. */
  unlucky(probability: number): boolean {
    return this.chance.chance(probability * this.scale);
  }

  hit(kind: FaultKind): void {
    this.hits.set(kind, (this.hits.get(kind) ?? 0) + 1);
  }

  /**
   * An order to a driver on a bad line: lost, done but reported failed, or done twice. What was
   * done twice shows up again later as well, behind newer orders.
   */
  order(repeat: (again: () => void) => void, act: () => Result<void>): Result<void> {
    if (this.strikes('effect lost', 0.04)) return fail(problem('unavailable', 'lost on the way'));
    if (this.strikes('done but reported failed', 0.04)) {
      act();
      return fail(problem('unavailable', 'no answer came'));
    }
    const result = act();
    if (this.strikes('done twice', 0.04)) act();
    if (this.strikes('late repetition', 0.04)) repeat(act);
    return result;
  }
}
