/**
 * The judge beside its peers, on simulated releases with known truth and on recorded load:
 *   node bench/judge.ts [--smoke] [--part P] [--write] [--seed N]
 * Exits 1 when a bar is missed; `--smoke` runs the same code on few releases and holds only what
 * cannot be chance; `--part 0.1` a tenth of the releases. `--write` puts the result into docs/benchmarks/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { barsOf } from './judge/bars.ts';
import type { Extent } from './judge/cells.ts';
import { costOf } from './judge/cost.ts';
import { runCells, serve } from './judge/crew.ts';
import { document } from './judge/document.ts';
import { type BenchResult, benchPage } from './judge/page.ts';
import { peerParity } from './judge/peer-vectors.ts';
import { delayPlot, falseAlarmPlot } from './judge/plots.ts';
import { type CellResult, resultsOf } from './judge/results.ts';
import { absurdities, parityFaults } from './judge/smoke.ts';

/** In seconds: the main cell is large enough to show a gross fault. */
const SMOKE = { main: 200, other: 2, minutes: 360 };
const DOCS = join(import.meta.dirname, '../docs/benchmarks');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      smoke: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      part: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  const isSmoke = values.smoke;
  const [seed, part] = [Number(values.seed), Number(values.part)];
  if (!Number.isSafeInteger(seed) || seed < 0 || seed > 9_999 || !(part > 0 && part <= 1)) {
    process.stderr.write(
      'error: --seed is a whole number up to 9999, --part above 0 and up to 1\n',
    );
    process.exitCode = 2;
    return;
  }
  const extent: Extent = { part, smoke: isSmoke ? SMOKE : null };
  const started = performance.now();
  const parity = peerParity();
  for (const { peer, held, of } of parity ?? []) {
    process.stderr.write(`${peer}: ${held} of ${of} of its own values reproduced\n`);
  }
  const raw = await runCells(import.meta.filename, { extent, seed }, (text) => {
    process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(0)} s, ${text}\n`);
  });
  const results = resultsOf(raw);
  const cost = costOf(isSmoke);
  const [processor] = cpus();
  const run: BenchResult = {
    command: `node bench/judge.ts${isSmoke ? ' --smoke' : ''}${part === 1 ? '' : ` --part ${part}`}`,
    isTrial: isSmoke || part < 1,
    seed,
    machine: `${processor?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.versions.node}`,
    seconds: (performance.now() - started) / 1_000,
    results,
    cost,
    parity,
    bars: isSmoke ? [] : barsOf(results, cost),
  };
  process.stdout.write(benchPage(run));
  if (values.write) write(run);
  const missed = run.bars.filter(({ isMet }) => !isMet).map(({ name }) => name);
  const faults = [...parityFaults(parity), ...missed, ...(isSmoke ? absurdities(results) : [])];
  for (const fault of faults) process.stderr.write(`missed: ${fault}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function write(run: BenchResult): void {
  mkdirSync(DOCS, { recursive: true });
  const { results } = run;
  const named = (group: string, name: string): CellResult[] =>
    results.filter(({ cell }) => cell.group === group && cell.name.startsWith(name));
  const [errors] = named('equal', '600/min, 1 %');
  const [latency] = named('latency', 'equal');
  if (errors === undefined || latency === undefined) throw new Error('the main cells are missing');
  const worse = named('worse', '600/min, 1 %: ').map((result) => ({
    text: result.cell.name.replace('600/min, 1 %: ', ''),
    result,
  }));
  writeFileSync(join(DOCS, 'judge.md'), document(run));
  writeFileSync(join(DOCS, 'judge-false-rollbacks.svg'), falseAlarmPlot(errors));
  writeFileSync(join(DOCS, 'judge-false-rollbacks-latency.svg'), falseAlarmPlot(latency));
  writeFileSync(join(DOCS, 'judge-delays.svg'), delayPlot(worse, errors, 'tuned'));
  writeFileSync(join(DOCS, 'judge-delays-documented.svg'), delayPlot(worse, errors, 'documented'));
}

if (isMainThread) await main();
else serve();
