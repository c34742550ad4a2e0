/**
 * Seeded promotions with faults: `node tools/sim.ts --count 10000 --seed 1 [--verbose]`. Prints what
 * came out and how often each fault struck; exits 1 at a violated invariant or a fault that was hit
 * too rarely, naming the seeds.
 */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from '../test/sim/faults.ts';
import { simulate } from '../test/sim/simulate.ts';

const HITS_MIN = 20;
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
const count = Number(values.count);
const first = Number(values.seed);
const outcomes = new Map<string, number>();
const hits = new Map<FaultKind, number>();
const violations: string[] = [];
const started = performance.now();

for (let seed = first; seed < first + count; seed += 1) {
  const result = await simulate(seed);
  const key = `${result.outcome} (${result.story})`;
  outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
  for (const [kind, times] of result.faults.hits) hits.set(kind, (hits.get(kind) ?? 0) + times);
  violations.push(...result.violations);
  if (values.verbose) console.log(result.log.join('\n'));
  const done = seed - first + 1;
  if (done % 1000 === 0) {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.error(`${done} of ${count} promotions, ${seconds} s, ${violations.length} violations`);
  }
}

for (const [outcome, times] of [...outcomes].sort()) console.log(`${times}\t${outcome}`);
console.log('');
for (const kind of FAULT_KINDS) console.log(`${hits.get(kind) ?? 0}\t${kind}`);
const rare = count < 1000 ? [] : FAULT_KINDS.filter((kind) => (hits.get(kind) ?? 0) < HITS_MIN);
for (const kind of rare) console.log(`too rare: ${kind}`);
for (const violation of violations.slice(0, 50)) console.log(violation);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${count} promotions from seed ${first} in ${seconds} s, ${violations.length} violations`,
);
process.exit(violations.length === 0 && rare.length === 0 ? 0 : 1);
