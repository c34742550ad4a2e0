/**
 * What a release manager is promised, on real processes and in real time: a bad candidate is seen
 * early, a good one is left alone. Four services at once, 50 requests a second each, default budgets.
 * Prints when each ended, and how; exits 1 when a promise is broken. Takes half an hour;
 * `--minutes N` cuts the time that the equal pair is watched for.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin/auroractl.js');
const SAMPLE = join(ROOT, 'workloads/sample/main.ts');
const INTERVAL_S = 10;
const POLL_MS = 1_000;
const run = promisify(execFile);

interface Promised {
  service: string;
  stable: number;
  candidate: number;
  weight: number;
  text: string;
  /** null: it is to be still under way when the time is over. */
  ends: 'rolled-back' | 'promoted' | null;
  withinS: number;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const watchedS = Number(values.minutes) * 60;
const PROMISES: readonly Promised[] = [
  {
    service: 'dead',
    stable: 0,
    candidate: 1,
    weight: 10,
    text: '100 % errors at 10 %, 50 candidate requests an interval: back within 2 intervals',
    ends: 'rolled-back',
    // One more, since a share begins in the middle of an interval.
    withinS: 3 * INTERVAL_S,
  },
  {
    service: 'worse',
    stable: 0.01,
    candidate: 0.03,
    weight: 50,
    text: '1 % against 3 % errors, 50/50: back within 5 minutes',
    ends: 'rolled-back',
    withinS: 300,
  },
  {
    service: 'clean',
    stable: 0,
    candidate: 0,
    weight: 50,
    text: 'no errors at all: promoted',
    ends: 'promoted',
    withinS: watchedS,
  },
  {
    service: 'equal',
    stable: 0.01,
    candidate: 0.01,
    weight: 50,
    text: `1 % against 1 % errors for ${values.minutes} minutes: not rolled back`,
    ends: null,
    withinS: watchedS,
  },
];

function planOf({ service, candidate, weight }: Promised, folder: string): string {
  const command = commandOf(candidate);
  const path = join(folder, `${service}.yaml`);
  // The equal pair must not be promoted before its time is over: at 1 % it never leaves this phase.
  const advance = service === 'equal' ? 'at-end' : 'when-shown';
  const plan = {
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    name: service,
    service,
    release: { version: '2.0.0', candidate: '2.0.0-rc.1', command },
    decision: 'none',
    interval: `${INTERVAL_S}s`,
    load: '50rps /',
    metrics: { errors: { kind: 'rate' } },
    judge: { dispersion: 'assumed 1' },
    triggers: { 'candidate-down': 'down for 20s' },
    phases: [
      { kind: 'canary', weight, duration: '60m', advance, deadline: '3h' },
      { kind: 'rollout', steps: ['100% for 20s'] },
    ],
  };
  // YAML reads JSON.
  writeFileSync(path, JSON.stringify(plan, null, 2));
  return path;
}

function commandOf(errorRate: number): string {
  return `SAMPLE_VERSION={version} SAMPLE_ERROR_RATE=${errorRate} exec '${process.execPath}' '${SAMPLE}'`;
}

interface View {
  weights: { candidate: number };
  outcome: { kind: string; cause: string | null } | null;
}

/** Exit codes say how a promotion stands; here the answer itself is read. */
async function ask(folder: string, ...words: string[]): Promise<string> {
  const options = { env: { ...process.env, AURORA_STATE: join(folder, '.aurora') }, cwd: folder };
  try {
    return (await run(process.execPath, [PROGRAM, ...words], options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (stdout === '') throw new Error(`auroractl ${words.join(' ')}: ${stderr}`);
    return stdout;
  }
}

async function keep(promised: Promised, folder: string): Promise<boolean> {
  const { service, stable, text, ends, withinS } = promised;
  const words = ['--listen', '127.0.0.1:0', '--stable', '1.0.0', '--health', '/health'];
  const stableWords = ['--command', commandOf(stable), '--interval', `${INTERVAL_S}s`];
  await ask(folder, 'service', 'add', service, ...words, ...stableWords).catch(() => '');
  await ask(folder, 'service', 'start', service).catch(() => '');
  const id = (await ask(folder, 'promote', planOf(promised, folder))).trim();
  let sharedMs: number | null = null;
  for (;;) {
    const view = JSON.parse(await ask(folder, 'status', id, '-o', 'json')) as View;
    if (view.weights.candidate > 0) sharedMs ??= performance.now();
    const sinceS = sharedMs === null ? 0 : (performance.now() - sharedMs) / 1_000;
    const isOver = view.outcome !== null || sinceS > withinS;
    if (isOver) {
      const kept = (view.outcome?.kind ?? null) === ends;
      const how =
        view.outcome === null ? 'under way' : `${view.outcome.kind} ${view.outcome.cause ?? ''}`;
      console.log(`${kept ? 'kept  ' : 'BROKEN'} ${text}; after ${sinceS.toFixed(0)} s: ${how}`);
      return kept;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-promises-'));
mkdirSync(join(folder, '.aurora'), { mode: 0o700 });
try {
  const kept = await Promise.all(PROMISES.map((one) => keep(one, folder)));
  process.exitCode = kept.every(Boolean) ? 0 : 1;
} finally {
  const env = { ...process.env, AURORA_STATE: join(folder, '.aurora') };
  const end = (...words: string[]): void => {
    execFileSync(process.execPath, [PROGRAM, ...words], { env, stdio: 'ignore' });
  };
  end('controller', 'stop', '--force');
  for (const { service } of PROMISES) end('service', 'stop', service);
  rmSync(folder, { recursive: true, force: true });
}
