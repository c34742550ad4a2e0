/**
 * Start-up of the built program beside a bare Node, alternating so that a busy machine slows both.
 * Prints medians and ratios; exits 1 when a bar is missed. `--runs N` (default 25).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin/auroractl.js');

interface Subject {
  name: string;
  words: readonly string[];
  /** Highest median as a multiple of bare Node's; null: bare Node itself. */
  ratioMax: number | null;
}

function subjects(): Subject[] {
  const plans = join(ROOT, 'plans');
  const largest = readdirSync(plans)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ path: join(plans, name), bytes: statSync(join(plans, name)).size }))
    .sort((a, b) => b.bytes - a.bytes)[0];
  const bare = { name: 'node -e 0', words: ['-e', '0'], ratioMax: null };
  const version = { name: 'auroractl version', words: [PROGRAM, 'version'], ratioMax: 1.5 };
  if (largest === undefined) return [bare, version];
  const name = `auroractl plan check (${Math.round(largest.bytes / 1_024)} KiB)`;
  return [bare, version, { name, words: [PROGRAM, 'plan', 'check', largest.path], ratioMax: 3 }];
}

function runMs({ name, words }: Subject): number {
  const startNs = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const tookMs = Number(process.hrtime.bigint() - startNs) / 1e6;
  if (status !== 0) throw new Error(`${name} exited with ${status}: ${stderr}`);
  return tookMs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '25' } } });
if (!existsSync(join(ROOT, 'dist/cli/main.cjs'))) {
  console.error('error: dist/ is not built\nhint: make build');
  process.exit(2);
}
const all = subjects();
const took = new Map(all.map((one) => [one, [] as number[]]));
for (const one of all) runMs(one); // the first run fills the compile cache
for (let round = 0; round < Number(values.runs); round += 1) {
  for (const one of all) took.get(one)?.push(runMs(one));
}
const medians = new Map([...took].map(([one, times]) => [one, median(times)]));
const [bareMs = Number.NaN] = medians.values();
let missed = false;
for (const [{ name, ratioMax }, ms] of medians) {
  const ratio = ms / bareMs;
  const isMissed = ratioMax !== null && !(ratio <= ratioMax);
  missed ||= isMissed;
  const bar = ratioMax === null ? '' : `bar ${ratioMax}${isMissed ? '  MISSED' : ''}`;
  console.log(`${name.padEnd(34)} ${ms.toFixed(1).padStart(7)} ms  x${ratio.toFixed(2)}  ${bar}`);
}
process.exit(missed ? 1 : 0);
