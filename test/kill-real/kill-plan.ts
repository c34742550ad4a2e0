import { type Prng, prng } from '../../src/base/prng.ts';

export const VICTIMS = ['controller', 'keeper', 'splitter', 'stable', 'candidate'] as const;
export type Victim = (typeof VICTIMS)[number];

/** When a victim is killed: a time after the promotion was opened, or right at a step of it. */
export type Moment =
  | { kind: 'time'; atMs: number }
  /** The effect was written to the ledger: it is about to be carried out. `nth` counts from 1. */
  | { kind: 'issued'; effect: EffectName; nth: number }
  /** What came of it was written. */
  | { kind: 'done'; effect: EffectName; nth: number };

export type EffectName = 'start' | 'set-weights' | 'evaluate' | 'adopt';

export interface Kill {
  victim: Victim;
  moment: Moment;
  /** After the moment. */
  delayMs: number;
}

export interface KillPlan {
  seed: number;
  /** The moment of a second one counts from the first. */
  kills: readonly Kill[];
  /** How long nobody asks for a killed controller. */
  controllerAwayMs: number;
  /** How long after its death `service start` is called for the keeper. */
  keeperAwayMs: number;
  /** An operator stops the promotion for a moment; null: nobody does. */
  pauseAtMs: number | null;
}

/** A whole promotion of this kind takes about so long on a quiet machine. */
const PROMOTION_MS = 7_000;
const AWAY_MS_MAX = 5_000;
const MOMENTS: readonly [EffectName, number][] = [
  ['start', 1],
  ['set-weights', 1],
  ['set-weights', 2],
  ['set-weights', 3],
  ['evaluate', 2],
  ['adopt', 1],
];

/** Victims take turns, so that any five seeds in a row try all of them. */
export function killPlan(seed: number): KillPlan {
  const chance = prng(seed);
  const victim = VICTIMS[seed % VICTIMS.length] ?? 'controller';
  const first = killOf(chance, victim);
  const others = VICTIMS.filter((one) => one !== victim) as [Victim, ...Victim[]];
  const second: Kill = {
    victim: chance.pick(others),
    moment: { kind: 'time', atMs: 0 },
    delayMs: chance.below(1_500),
  };
  return {
    seed,
    kills: chance.chance(0.3) ? [first, second] : [first],
    controllerAwayMs: chance.chance(0.3) ? chance.below(AWAY_MS_MAX) : 0,
    keeperAwayMs: chance.below(AWAY_MS_MAX),
    pauseAtMs: chance.chance(0.3) ? chance.below(PROMOTION_MS) : null,
  };
}

function killOf(chance: Prng, victim: Victim): Kill {
  const delayMs = chance.chance(0.5) ? 0 : chance.below(60);
  if (chance.chance(0.4)) {
    return { victim, moment: { kind: 'time', atMs: chance.below(PROMOTION_MS) }, delayMs };
  }
  const [effect, nth] = MOMENTS[chance.below(MOMENTS.length)] ?? ['start', 1];
  const kind = chance.chance(0.6) ? 'issued' : 'done';
  return { victim, moment: { kind, effect, nth }, delayMs };
}

export function momentText(moment: Moment): string {
  if (moment.kind === 'time') return `at ${moment.atMs} ms`;
  return `when ${moment.effect} ${moment.nth} was ${moment.kind}`;
}
