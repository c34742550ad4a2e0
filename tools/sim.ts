/**
 * Seeded promotions with faults: `node tools/sim.ts --count 10000 --seed 1 [--verbose]`. Prints what
 * came out and how often each fault struck; exits 1 at a violated invariant or a fault that was hit
 * too rarely, naming the seeds. Seeds are shared out over the machine's cores.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { FAULT_KINDS, type FaultKind } from '../test/sim/faults.ts';
import { simulate } from '../test/sim/simulate.ts';

const HITS_MIN = 20;
const REPORT_EVERY = 100;

interface Part {
  done: number;
  outcomes: Map<string, number>;
  hits: Map<FaultKind, number>;
  violations: string[];
}

interface Share {
  seeds: readonly number[];
  verbose: boolean;
}

function add<K>(into: Map<K, number>, from: Iterable<readonly [K, number]>): void {
  for (const [key, times] of from) into.set(key, (into.get(key) ?? 0) + times);
}

async function work({ seeds, verbose }: Share): Promise<void> {
  let part: Part = { done: 0, outcomes: new Map(), hits: new Map(), violations: [] };
  for (const seed of seeds) {
    const { outcome, story, faults, violations, log } = await simulate(seed);
    add(part.outcomes, [[`${outcome} (${story})`, 1]]);
    add(part.hits, faults.hits);
    part.violations.push(...violations);
    part.done += 1;
    if (verbose) console.log(log.join('\n'));
    if (part.done === REPORT_EVERY || seed === seeds.at(-1)) {
      parentPort?.postMessage(part);
      part = { done: 0, outcomes: new Map(), hits: new Map(), violations: [] };
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const [count, first] = [Number(values.count), Number(values.seed)];
  const workers = Math.min(count, availableParallelism());
  const total: Part = { done: 0, outcomes: new Map(), hits: new Map(), violations: [] };
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
  const run = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const seeds = Array.from({ length: count }, (_, i) => first + i).filter(
        (_, i) => i % workers === index,
      );
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { seeds, verbose: values.verbose } satisfies Share,
      });
      worker.on('message', (part: Part) => {
        total.done += part.done;
        add(total.outcomes, part.outcomes);
        add(total.hits, part.hits);
        total.violations.push(...part.violations);
        if (total.done % 1000 < REPORT_EVERY) {
          console.error(
            `${total.done} of ${count}, ${seconds()} s, ${total.violations.length} violations`,
          );
        }
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  await Promise.all(Array.from({ length: workers }, (_, index) => run(index)));
  const rare = report(total, count);
  console.log(
    `${total.done} promotions from seed ${first} in ${seconds()} s, ${total.violations.length} violations`,
  );
  process.exit(total.done === count && total.violations.length === 0 && rare === 0 ? 0 : 1);
}

/** Prints the tables; the number of faults that were hit too rarely in a long run. */
function report(total: Part, count: number): number {
  for (const [outcome, times] of [...total.outcomes].sort()) console.log(`${times}\t${outcome}`);
  console.log('');
  for (const kind of FAULT_KINDS) console.log(`${total.hits.get(kind) ?? 0}\t${kind}`);
  const rare = FAULT_KINDS.filter(
    (kind) => count >= 1000 && (total.hits.get(kind) ?? 0) < HITS_MIN,
  );
  for (const kind of rare) console.log(`too rare: ${kind}`);
  for (const violation of total.violations.slice(0, 50)) console.log(violation);
  return rare.length;
}

if (isMainThread) await main();
else await work(workerData as Share);
