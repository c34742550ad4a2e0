/**
 * What a release manager is promised, on real processes and in real time: a bad candidate is seen
 * early, a good one is left alone, and what cannot be judged is not promoted. One service a promise,
 * all at once, 50 requests a second each, default budgets. Prints when each ended, and how; exits 1
 * when a promise is broken. Takes half an hour; `--minutes N` cuts the time that the longest are
 * watched for, `--only a,b` tries the services named.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { meddle, type TrackPorts } from './promises/meddle.ts';
import { type Promised, promisesOf } from './promises/promised.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'bin/auroractl.js');
const SAMPLE = join(ROOT, 'workloads/sample/main.ts');
const POLL_MS = 1_000;
const run = promisify(execFile);

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, only: { type: 'string' } },
});
const only = values.only?.split(',');
const promises = promisesOf(Number(values.minutes)).filter(
  ({ service }) => only === undefined || only.includes(service),
);

function planOf(promised: Promised, folder: string): string {
  const { service, candidate, weight, intervalS, metrics, judge, advance } = promised;
  const path = join(folder, `${service}.yaml`);
  const plan = {
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    name: service,
    service,
    release: { version: '2.0.0', candidate: '2.0.0-rc.1', command: commandOf(candidate) },
    decision: 'none',
    interval: `${intervalS}s`,
    // A busy machine may be late for a second; the fallback is promised elsewhere.
    controllerLoss: '30s',
    load: '50rps /',
    metrics,
    judge,
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
  verdict: { reason: string } | null;
}

interface ServiceList {
  items: {
    name: string;
    keeper: { instances: { track: 'stable' | 'candidate'; port: number }[] } | null;
  }[];
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

async function portsOf(folder: string, service: string): Promise<TrackPorts> {
  const list = JSON.parse(await ask(folder, 'service', 'list', '-o', 'json')) as ServiceList;
  const instances = list.items.find(({ name }) => name === service)?.keeper?.instances ?? [];
  const [stable, candidate] = (['stable', 'candidate'] as const).map(
    (track) => instances.find((one) => one.track === track)?.port,
  );
  if (stable === undefined || candidate === undefined) throw new Error(`${service}: no two tracks`);
  return { stable, candidate };
}

async function begin(promised: Promised, folder: string): Promise<string> {
  const { service, stable, intervalS } = promised;
  const words = ['--listen', '127.0.0.1:0', '--stable', '1.0.0', '--health', '/health'];
  const stableWords = ['--command', commandOf(stable), '--interval', `${intervalS}s`];
  await ask(folder, 'service', 'add', service, ...words, ...stableWords).catch(() => '');
  await ask(folder, 'service', 'start', service).catch(() => '');
  return (await ask(folder, 'promote', planOf(promised, folder))).trim();
}

async function keep(promised: Promised, folder: string): Promise<boolean> {
  const { service, meddling, withinS } = promised;
  const id = await begin(promised, folder);
  let sharedMs: number | null = null;
  let letBe = async (): Promise<void> => {};
  for (;;) {
    const view = JSON.parse(await ask(folder, 'status', id, '-o', 'json')) as View;
    if (view.weights.candidate > 0 && sharedMs === null) {
      sharedMs = performance.now();
      if (meddling !== null) letBe = meddle(meddling, await portsOf(folder, service));
    }
    const sinceS = sharedMs === null ? 0 : (performance.now() - sharedMs) / 1_000;
    if (view.outcome !== null || sinceS > withinS) {
      await letBe();
      return report(promised, view, sinceS);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function report({ text, ends, says }: Promised, view: View, sinceS: number): boolean {
  const { outcome, verdict } = view;
  const reason = verdict?.reason ?? 'nothing was judged';
  const kept = (outcome?.kind ?? null) === ends && (says === null || says.test(reason));
  const how = outcome === null ? 'under way' : `${outcome.kind} ${outcome.cause ?? ''}`.trim();
  const said = says === null ? '' : `; the judge says: ${reason}`;
  console.log(`${kept ? 'kept  ' : 'BROKEN'} ${text}; after ${sinceS.toFixed(0)} s: ${how}${said}`);
  return kept;
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-promises-'));
mkdirSync(join(folder, '.aurora'), { mode: 0o700 });
let isOver = false;

/** Nothing that was started stays behind, however the bench ends. */
function endAll(): void {
  if (isOver) return;
  isOver = true;
  const env = { ...process.env, AURORA_STATE: join(folder, '.aurora') };
  const end = (...words: string[]): void => {
    spawnSync(process.execPath, [PROGRAM, ...words], { env, stdio: 'ignore' });
  };
  // The controller ends first: it would start a keeper that it misses.
  end('controller', 'stop', '--force');
  for (const { service } of promises) end('service', 'stop', service);
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(130);
  });
}
try {
  const kept = await Promise.all(promises.map((one) => keep(one, folder)));
  process.exitCode = kept.length > 0 && kept.every(Boolean) ? 0 : 1;
} catch (error) {
  const log = join(folder, '.aurora/logs/controller.log');
  if (existsSync(log)) process.stderr.write(readFileSync(log));
  throw error;
} finally {
  endAll();
}
