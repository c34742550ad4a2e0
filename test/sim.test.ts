import { expect, test } from 'vitest';
import { FAULT_KINDS, type FaultKind } from './sim/faults.ts';
import type { Sabotage } from './sim/sim-world.ts';
import { simulate } from './sim/simulate.ts';

const COUNT = 1_000;
const FIRST_SEED = 1;
const HITS_MIN = 20;

test(`${COUNT} seeded promotions with faults keep every invariant`, {
  timeout: 180_000,
}, async () => {
  const hits = new Map<FaultKind, number>();
  const outcomes = new Set<string>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += 1) {
    const result = await simulate(seed);
    expect(result.violations, `node tools/sim.ts --seed ${seed} --count 1 --verbose`).toEqual([]);
    outcomes.add(result.outcome);
    for (const [kind, times] of result.faults.hits) hits.set(kind, (hits.get(kind) ?? 0) + times);
  }
  const rare = FAULT_KINDS.filter((kind) => (hits.get(kind) ?? 0) < HITS_MIN);
  expect(rare, 'each fault must have been hit at least 20 times').toEqual([]);
  expect([...outcomes].sort()).toEqual(['ga', 'rolled-back', 'withdrawn']);
});

const BUGS: readonly Sabotage[] = [
  'act before append',
  'accept an older generation',
  'forget a revocation',
];

test.each(BUGS)('the simulator catches a planted bug: %s', { timeout: 120_000 }, async (bug) => {
  const found: string[] = [];
  for (let seed = 1; seed <= 400 && found.length === 0; seed += 1) {
    found.push(...(await simulate(seed, bug)).violations);
  }
  expect(found).not.toEqual([]);
});
