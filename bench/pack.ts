/**
 * What verifying a pack costs a stranger:
 *   node bench/pack.ts [--short]
 * A promotion of 72 h with 20 metrics at an interval a minute, carried through the real engine in virtual
 * time, packed by the real program and verified by relverify.mjs in a process of its own, on this Node and
 * on /usr/bin/node where there is one; and a small pack of a hundred files. Exits 1 when a bar is missed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../src/base/digest.ts';
import type { Metric } from '../src/core/judge/settings.ts';
import { packState, runPromotion } from '../test/pack/packed-ledger.ts';
import { METRICS, simPlan } from '../test/sim/sim-plan.ts';

const isShort = process.argv.includes('--short');
const HOUR_MS = 3_600_000;
const HOURS = isShort ? 2 : 72;
const METRIC_COUNT = 20;
const ARTIFACTS = 80;
const BARS = { smallMs: 1_000, longMs: 10_000 };
const ROOT = join(import.meta.dirname, '..');
const EDGES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Ten rates and ten histograms. */
function metrics(): Metric[] {
  const [errors] = METRICS;
  if (errors === undefined) throw new Error('the plan of the simulator has no metric');
  return Array.from({ length: METRIC_COUNT }, (_, i) => {
    const weight = 1 / METRIC_COUNT;
    if (i === 0) return { ...errors, weight };
    const name = `metric-${i}`;
    if (i % 2 === 0) return { ...errors, name, weight, required: false };
    return {
      ...errors,
      name,
      weight,
      required: false,
      kind: 'histogram',
      unit: 'ms',
      edges: EDGES,
    };
  });
}

/** Runs a program to its end; wall time, and the processor time that bash counts. */
function run(program: string, words: readonly string[], cwd: string) {
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@"', program, ...words];
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('bash', timed, { cwd, encoding: 'utf8' });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${status}\n${stdout}${stderr}`);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { out: stdout, ms, cpuMs: (user + system) * 1_000 };
}

/** Writes a file to be released; its name and digest, as a plan has them. */
function release(folder: string, name: string): { name: string; sha256: string } {
  const body = `${name}\n`.repeat(1_000);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), body);
  return { name, sha256: sha256(body) };
}

async function measure(
  folder: string,
  name: string,
  barMs: number,
  hours: number,
): Promise<boolean> {
  const state = join(folder, name);
  packState(state);
  const plan = simPlan(name);
  const phases = plan.phases.map((phase) =>
    phase.kind === 'canary' && hours > 0
      ? { ...phase, durationMs: hours * HOUR_MS, deadlineMs: 2 * hours * HOUR_MS }
      : phase,
  );
  const released = join(folder, `${name}-released`);
  const artifacts = Array.from({ length: ARTIFACTS }, (_, i) => release(released, `file-${i}`));
  const parts = {
    release: { ...plan.release, artifacts },
    ...(hours > 0 ? { phases, metrics: metrics() } : {}),
  };
  await runPromotion(state, name, { parts });
  const words = ['bin/auroractl.js', 'pack', '--state', state, '--out', state];
  words.push('--artifacts', released, '-o', 'json');
  const packed = run(process.execPath, words, ROOT);
  const { path, bytes, intervals, entries, files } = JSON.parse(packed.out) as {
    path: string;
    bytes: number;
    intervals: number;
    entries: number;
    files: unknown[];
  };
  const mib = (bytes / 1_048_576).toFixed(1);
  const what = `${name}: ${intervals} intervals, ${entries} entries, ${files.length} files, ${mib} MiB`;
  console.log(`${what}, packed in ${Math.round(packed.ms)} ms`);
  let isMet = true;
  for (const node of [process.execPath, '/usr/bin/node'].filter((one) => existsSync(one))) {
    const version = run(node, ['--version'], folder).out.trim();
    const { ms, cpuMs } = run(node, [join(ROOT, 'dist/relverify.mjs'), path], folder);
    const verdict = ms <= barMs ? 'met' : 'MISSED';
    const took = `${Math.round(ms)} ms, ${Math.round(cpuMs)} ms of a processor`;
    console.log(`  verified by Node ${version} in ${took} (bar ${barMs} ms: ${verdict})`);
    isMet &&= ms <= barMs;
  }
  return isMet;
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-bench-pack-'));
try {
  console.log(
    `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)}`,
  );
  const small = await measure(folder, 'small', BARS.smallMs, 0);
  const long = await measure(folder, 'long', BARS.longMs, HOURS);
  process.exitCode = small && long ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
