/**
 * The splitter beside HAProxy, in one run, turn by turn, on one core each:
 *   node bench/splitter.ts [--short] [--write]
 * Exits 1 when a bar is missed or the machine was too busy to tell, 2 when a tool is missing. `--write` puts the result into
 * docs/benchmarks/splitter.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Bar,
  type BenchResult,
  benchPage,
  type CpuRow,
  document,
  isMet,
  type LatencyRow,
} from './splitter/page.ts';
import {
  cpuMs,
  OTHER_CORE,
  type Subject,
  startBackends,
  startHaproxy,
  startSplitter,
  stopAll,
} from './splitter/subjects.ts';
import { readyTools, toolEnv, type Versions } from './splitter/tools.ts';
import { runWrk } from './splitter/wrk.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const CONNECTIONS = 32;
const RATE_PER_SECOND = 2_000;
const COOKIES = 100;
const ROUNDS = values.short
  ? { cpu: 2, cpuSeconds: 1, latency: 2, latencySeconds: 1 }
  : { cpu: 7, cpuSeconds: 4, latency: 7, latencySeconds: 4 };
/**
 * Code is compiled while it runs, on the same core as all the rest: what a splitter does in its first
 * seconds is not what it does for the months after.
 */
const WARM_UP_SECONDS = values.short ? 1 : 15;
const WARM_UP_ROUNDS = values.short ? 0 : 4;
/** Efficiency: floor and goal; added milliseconds at RATE_PER_SECOND. */
const BARS = { efficiencyMin: 0.25, efficiencyGoal: 0.35, addedP50MaxMs: 0.3, addedP99MaxMs: 1.5 };

interface CpuSample {
  cpuUsPerRequest: number;
  requests: number;
  requestsPerSecond: number;
  coreShare: number;
}

const median = (list: readonly number[]): number => {
  const sorted = list.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
};

async function cpuSample(
  folder: string,
  { name, port, pid }: Subject,
  cookies: readonly string[],
  seconds: number,
): Promise<CpuSample> {
  if (pid === null) throw new Error(`${name} is no process`);
  const beforeMs = cpuMs(pid);
  const run = await runWrk(folder, { port, seconds, connections: CONNECTIONS, cookies });
  const usedMs = cpuMs(pid) - beforeMs;
  if (run.errors > 0) throw new Error(`${name}: ${run.errors} of ${run.requests} requests failed`);
  return {
    cpuUsPerRequest: (usedMs * 1_000) / run.requests,
    requests: run.requests,
    requestsPerSecond: run.requests / run.seconds,
    coreShare: usedMs / (run.seconds * 1_000),
  };
}

/** Those that the splitter gave to so many clients. */
async function collectCookies(port: number): Promise<string[]> {
  const cookies: string[] = [];
  for (let i = 0; i < COOKIES; i += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await response.arrayBuffer();
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) cookies.push(cookie.split(';', 1)[0] ?? '');
  }
  if (cookies.length !== COOKIES) throw new Error(`${cookies.length} of ${COOKIES} got a cookie`);
  return cookies;
}

async function measureCpu(
  folder: string,
  subjects: readonly Subject[],
  cookiesOf: (subject: Subject) => readonly string[],
): Promise<{ rows: CpuRow[]; sent: Map<Subject, number> }> {
  const samples = new Map(subjects.map((one) => [one, [] as CpuSample[]]));
  const sent = new Map(subjects.map((one) => [one, 0]));
  for (let round = -1; round < ROUNDS.cpu; round += 1) {
    for (const one of subjects) {
      const seconds = round < 0 ? WARM_UP_SECONDS : ROUNDS.cpuSeconds;
      const sample = await cpuSample(folder, one, cookiesOf(one), seconds);
      sent.set(one, (sent.get(one) ?? 0) + sample.requests);
      if (round >= 0) samples.get(one)?.push(sample);
    }
    process.stderr.write(round < 0 ? 'warm\n' : `processor time: round ${round + 1}\n`);
  }
  const [reference = []] = samples.values();
  const rows = [...samples].map(([{ name }, own], i): CpuRow => {
    const ratios = own.map((sample, round) => {
      return (reference[round]?.cpuUsPerRequest ?? Number.NaN) / sample.cpuUsPerRequest;
    });
    const efficiency = {
      median: median(ratios),
      min: Math.min(...ratios),
      max: Math.max(...ratios),
    };
    return {
      name,
      cpuUsPerRequest: median(own.map((sample) => sample.cpuUsPerRequest)),
      requestsPerSecond: median(own.map((sample) => sample.requestsPerSecond)),
      coreShare: median(own.map((sample) => sample.coreShare)),
      efficiency: i === 0 ? null : efficiency,
    };
  });
  return { rows, sent };
}

interface RateReport {
  all: number;
  sent: number;
  p50: number;
  p99: number;
  max: number;
}

async function latencySample({ name, port }: Subject): Promise<RateReport> {
  const program = join(import.meta.dirname, 'splitter/rate-client.ts');
  const words = [program, port, RATE_PER_SECOND, ROUNDS.latencySeconds].map(String);
  const child = spawn('taskset', ['-c', String(OTHER_CORE), process.execPath, ...words], {
    env: toolEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name}: the client ended with ${String(code)}`);
  const report = JSON.parse(said) as RateReport;
  const due = RATE_PER_SECOND * ROUNDS.latencySeconds;
  if (report.sent < due * 0.98) throw new Error(`${name}: ${report.sent} of ${due} requests`);
  return report;
}

async function measureLatency(
  subjects: readonly Subject[],
): Promise<{ rows: LatencyRow[]; sent: Map<Subject, number> }> {
  const samples = new Map(subjects.map((one) => [one, [] as RateReport[]]));
  const sent = new Map<Subject, number>();
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS.latency; round += 1) {
    for (const one of subjects) {
      const sample = await latencySample(one);
      sent.set(one, (sent.get(one) ?? 0) + sample.all);
      if (round >= 0) samples.get(one)?.push(sample);
    }
    process.stderr.write(round < 0 ? 'warm\n' : `latency: round ${round + 1}\n`);
  }
  const plain = [...samples].map(([{ name }, reports]) => ({
    name,
    p50Ms: median(reports.map(({ p50 }) => p50)),
    p99Ms: median(reports.map(({ p99 }) => p99)),
    slowestMs: Math.max(...reports.map(({ max }) => max)),
  }));
  const [direct = [], ...proxied] = samples.values();
  const above = (key: 'p50' | 'p99', reports: readonly RateReport[]): number =>
    median(reports.map((one, round) => one[key] - (direct[round]?.[key] ?? Number.NaN)));
  const added = [
    null,
    ...proxied.map((reports) => ({ p50Ms: above('p50', reports), p99Ms: above('p99', reports) })),
  ];
  const rows = plain.map((row, i): LatencyRow => ({ ...row, added: added[i] ?? null }));
  return { rows, sent };
}

function barsOf(cpu: readonly CpuRow[], latency: readonly LatencyRow[]): Bar[] {
  const efficiencies = cpu.flatMap(({ name, efficiency }) => {
    if (efficiency === null) return [];
    const base = {
      name: `efficiency of the ${name}`,
      value: efficiency.median,
      isMax: false,
      isInconclusive: false,
    };
    return [
      { ...base, bar: BARS.efficiencyMin, isGoal: false },
      { ...base, bar: BARS.efficiencyGoal, isGoal: true },
    ];
  });
  const [direct] = latency;
  const own = latency.find(({ name }) => name === 'splitter')?.added;
  if (!own || direct === undefined) throw new Error('the splitter was not measured');
  const { addedP50MaxMs, addedP99MaxMs } = BARS;
  // Where the way without a proxy is that slow, or slower than with one, something else was measured.
  const isDrowned = (value: number, directMs: number, bar: number): boolean =>
    value < 0 || directMs > bar;
  const latencyBar = (name: string, value: number, directMs: number, bar: number): Bar => {
    const isInconclusive = isDrowned(value, directMs, bar);
    return { name, value, bar, isMax: true, isGoal: false, isInconclusive };
  };
  return [
    ...efficiencies,
    latencyBar('added p50, ms', own.p50Ms, direct.p50Ms, addedP50MaxMs),
    latencyBar('added p99, ms', own.p99Ms, direct.p99Ms, addedP99MaxMs),
  ];
}

async function main(folder: string, versions: Versions): Promise<boolean> {
  const backends = await startBackends(folder);
  const haproxy = await startHaproxy(folder, backends);
  const plain = await startSplitter(folder, 'splitter', null, backends);
  const byCookie = { by: 'cookie', name: 'track' } as const;
  const sticky = await startSplitter(folder, 'splitter, sticky', byCookie, backends);
  const cookies = await collectCookies(sticky.port);
  const cpu = await measureCpu(folder, [haproxy, plain, sticky], (one) =>
    one === sticky ? cookies : [],
  );
  const direct = { name: 'direct', port: backends[0], pid: null };
  const latency = await measureLatency([direct, haproxy, plain]);
  const { stable, candidate } = await plain.finish();
  const counted = stable + candidate;
  const sent = (cpu.sent.get(plain) ?? 0) + (latency.sent.get(plain) ?? 0);
  const result: BenchResult = {
    command: `node bench/splitter.ts${values.short ? ' --short' : ''}`,
    versions,
    rounds: ROUNDS,
    connections: CONNECTIONS,
    ratePerSecond: RATE_PER_SECOND,
    cpu: cpu.rows,
    latency: latency.rows,
    measured: { sent, counted, candidatePct: (100 * candidate) / counted },
    bars: barsOf(cpu.rows, latency.rows),
  };
  process.stdout.write(benchPage(result));
  if (values.write) {
    const docs = join(import.meta.dirname, '../docs/benchmarks');
    mkdirSync(docs, { recursive: true });
    writeFileSync(join(docs, 'splitter.md'), document(result));
  }
  return result.bars.every((bar) => bar.isGoal || isMet(bar));
}

const versions = readyTools();
if (typeof versions === 'string') {
  process.stderr.write(`${versions}\n`);
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-bench-'));
  try {
    process.exitCode = (await main(folder, versions)) ? 0 : 1;
  } finally {
    await stopAll();
    rmSync(folder, { recursive: true });
  }
}
