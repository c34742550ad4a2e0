/**
 * Whole promotions on real processes, of which some are killed: `node tools/kill-real.ts --runs 100
 * --seed 1 --parallel 2`. One line a run; exits 1 where anything is not as it must be. Each run has
 * a process of its own: `--only SEED` is one, and prints its report as JSON.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type KillRunReport, killRun } from '../test/kill-real/kill-run.ts';

const running = new Set<ChildProcess>();

async function runApart(seed: number): Promise<KillRunReport> {
  const args = [import.meta.filename, '--only', String(seed)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const said = await text(child.stdout);
  running.delete(child);
  try {
    return JSON.parse(said.trim().split('\n').at(-1) ?? '') as KillRunReport;
  } catch {
    const problems = [`the run ended without a report: ${said}`];
    return { seed, kills: '', outcome: 'none', failedRequests: 0, seconds: 0, problems };
  }
}

function print({ seed, kills, outcome, failedRequests, seconds, problems }: KillRunReport): void {
  const requests = `${failedRequests} failed requests`;
  console.log(`${seed}\t${outcome}\t${kills}\t${requests}\t${seconds.toFixed(1)} s`);
  for (const problem of problems) console.log(`\tproblem: ${problem}`);
}

/** A word that is no number must not become a test of nothing. */
function whole(name: string, word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  console.error(`error: expected a whole number from 1 as --${name}, found "${word}"`);
  process.exit(2);
}

/** A run ends what it has started when its process exits; the signal has to reach it. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(130);
  });
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    parallel: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
if (values.only !== undefined) {
  const report = await killRun(whole('only', values.only));
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
} else {
  const [runs, first] = [whole('runs', values.runs), whole('seed', values.seed)];
  const seeds = Array.from({ length: runs }, (_, index) => first + index);
  let problems = 0;
  const work = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const report = await runApart(seed);
      print(report);
      problems += report.problems.length;
    }
  };
  await Promise.all(Array.from({ length: whole('parallel', values.parallel) }, work));
  console.log(`${runs} runs from seed ${first}, ${problems} problems`);
  process.exit(problems === 0 ? 0 : 1);
}
