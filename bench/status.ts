/**
 * `auroractl status` on a controller with 100 active promotions beside a bare Node, alternating so
 * that a busy machine slows both. Prints medians and the ratio; exits 1 when the bar is missed.
 * `--runs N` (default 25), `--promotions N`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startFleet } from '../test/server/fleet-process.ts';

const STATUS_MAX_MS = 150;
const STILL_UNDER_WAY = 5;
const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin/auroractl.js');

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '25' },
    promotions: { type: 'string', default: '100' },
  },
});
if (!existsSync(join(ROOT, 'dist/cli/main.cjs'))) {
  console.error('error: dist/ is not built\nhint: make build');
  process.exit(2);
}

function runMs(words: readonly string[], expected: number): number {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const tookMs = performance.now() - startMs;
  if (status !== expected) throw new Error(`${words.join(' ')} exited with ${status}: ${stderr}`);
  return tookMs;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const fleet = await startFleet(Number(values.promotions));
try {
  const words = [PROGRAM, 'status', 'service-0', '--state', fleet.state];
  runMs(words, STILL_UNDER_WAY); // the first run fills the compile cache
  const [bare, status]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(values.runs); round += 1) {
    bare.push(runMs(['-e', '0'], 0));
    status.push(runMs(words, STILL_UNDER_WAY));
  }
  const [bareMs, statusMs] = [median(bare), median(status)];
  const isMissed = !(statusMs <= STATUS_MAX_MS);
  console.log(`node -e 0         ${bareMs.toFixed(1).padStart(7)} ms`);
  console.log(
    `auroractl status  ${statusMs.toFixed(1).padStart(7)} ms  x${(statusMs / bareMs).toFixed(2)}  ` +
      `with ${values.promotions} active promotions, bar ${STATUS_MAX_MS} ms${isMissed ? '  MISSED' : ''}`,
  );
  process.exitCode = isMissed ? 1 : 0;
} finally {
  await fleet.stop();
}
