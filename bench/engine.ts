/**
 * A thousand promotions at once: real store and ledger, fake drivers, every interval judged on three
 * metrics, one of them a histogram of 12 edges. `--minutes 10 --promotions 1000`; with `--real` it
 * waits the minutes out, else virtual time runs through and the processor time is set against it.
 * Exits 1 when a bar is missed. It runs under the flags that a controller runs under.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyFile } from '../src/adapters/signer/file.ts';
import { openSqliteStore } from '../src/adapters/store/sqlite.ts';
import { prng } from '../src/base/prng.ts';
import { ok } from '../src/base/result.ts';
import type { Metric } from '../src/core/judge/settings.ts';
import { Engine } from '../src/engine/engine.ts';
import type { World } from '../src/engine/perform.ts';
import { CONTROLLER_FLAGS } from '../src/process/program.ts';
import { VirtualClock } from '../test/sim/clock.ts';
import { FakeService } from '../test/sim/fake-service.ts';
import { METRICS, PHASE_DEFAULTS, simPlan } from '../test/sim/sim-plan.ts';
import { intervalOf, STORIES } from '../test/sim/story.ts';

const CORE_SHARE_MAX = 0.1;
const MEMORY_MAX_MB = 300;
const MINUTE_MS = 60_000;

if (!CONTROLLER_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  const again = [...CONTROLLER_FLAGS, ...process.argv.slice(1)];
  process.exit(spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1);
}

const { values } = parseArgs({
  options: {
    promotions: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    real: { type: 'boolean', default: false },
  },
});
const promotions = Number(values.promotions);
const minutes = Number(values.minutes);

const [errors] = METRICS;
if (errors === undefined) throw new Error('the plan measures errors');
const metrics: readonly Metric[] = [
  { ...errors, weight: 0.4 },
  { ...errors, name: 'timeouts', weight: 0.2 },
  {
    ...errors,
    name: 'latency',
    kind: 'histogram',
    unit: 'ms',
    edges: [5, 10, 25, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 5_000],
    weight: 0.4,
  },
];

/** Services that answer at once; a minute's rows are made before the clock of the bench runs. */
class Fleet {
  readonly services = new Map<string, FakeService>();
  private readonly clock: VirtualClock;
  private readonly chance = prng(1);
  private rows = new Map<string, Awaited<ReturnType<typeof intervalOf>>>();
  private seq = -1;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  service(name: string): FakeService {
    const known = this.services.get(name) ?? new FakeService(() => this.clock.monotonic());
    this.services.set(name, known);
    return known;
  }

  closeInterval(): void {
    this.seq += 1;
    const endMs = this.clock.now();
    const times = { startMs: endMs - MINUTE_MS, endMs };
    const told = { ...STORIES[0], requests: 1_200 };
    for (const [name, service] of this.services) {
      const candidatePct = service.traffic().weights.candidate;
      const traffic = { candidatePct, candidateRuns: true, loadRequests: 0 };
      this.rows.set(name, intervalOf(told, metrics, this.seq, times, traffic, this.chance));
    }
  }

  world(): World {
    return {
      traffic: {
        setWeights: async (name, order) => this.service(name).setWeights(order),
        renew: async (name, fence) => this.service(name).renew(fence),
        observe: async (name) => ok(this.service(name).traffic()),
      },
      workload: {
        start: async (name, order) => this.service(name).start(order),
        stop: async (name, order) => this.service(name).stop(order),
        adopt: async (name, order) => this.service(name).adopt(order),
        observe: async (name) => ok(this.service(name).running()),
      },
      evidence: {
        newest: async ({ service }) => ok(this.rows.get(service)?.seq ?? -1),
        intervals: async ({ service: name }, afterSeq) => {
          const row = this.rows.get(name);
          return ok(row !== undefined && row.seq > afterSeq ? [row] : []);
        },
        collect: async () => [],
      },
      hooks: { run: async () => ok(undefined) },
      notifier: { send: async () => ok(undefined) },
      load: { generate: async () => ok(undefined) },
    };
  }
}

const directory = mkdtempSync(join(tmpdir(), 'aurora-bench-'));
const signer = createKeyFile(join(directory, 'log.key'));
const store = openSqliteStore(join(directory, 'ledger.db'));
if (!signer.ok || !store.ok) throw new Error('the ledger could not be made');
const clock = new VirtualClock(1_780_000_000_000);
const fleet = new Fleet(clock);
const opened = await Engine.open({
  world: fleet.world(),
  store: store.value,
  signer: signer.value,
  clock,
  origin: 'bench.aurora.example',
});
if (!opened.ok) throw new Error(opened.problem.message);
const engine = opened.value;
for (let i = 0; i < promotions; i += 1) {
  const canary = {
    ...PHASE_DEFAULTS,
    kind: 'canary',
    name: 'canary',
    weightPct: 50,
    durationMs: 72 * 60 * MINUTE_MS,
    requestsMin: 1,
    checkpointsMs: [],
    advance: 'at-end',
    judged: true,
    deadlineMs: null,
  } as const;
  const plan = simPlan(`service-${i}`, {
    metrics,
    phases: [canary],
    triggers: [],
    decision: 'none',
  });
  const started = await engine.promote(plan, 'bench', false);
  if (!started.ok) throw new Error(started.problem.message);
}
await engine.idle();

const before = process.cpuUsage();
const startedMs = performance.now();
let judgedMs = 0;
let memoryMb = 0;
for (let minute = 0; minute < minutes; minute += 1) {
  clock.advance(MINUTE_MS);
  const making = process.cpuUsage();
  fleet.closeInterval();
  const made = process.cpuUsage(making);
  judgedMs -= (made.user + made.system) / 1_000;
  await engine.turn();
  await engine.idle();
  memoryMb = Math.max(memoryMb, process.memoryUsage().rss / 1_048_576);
  if (values.real) {
    const dueMs = startedMs + (minute + 1) * MINUTE_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
  }
}
const used = process.cpuUsage(before);
judgedMs += (used.user + used.system) / 1_000;
const judged = engine.promotions.filter(
  ({ state }) => state.evidence.judge?.pairs === minutes,
).length;
store.value.close();
rmSync(directory, { recursive: true, force: true });

const share = judgedMs / (minutes * MINUTE_MS);
const perInterval = judgedMs / (minutes * promotions);
console.log(`${judged} of ${promotions} promotions judged every one of ${minutes} intervals`);
console.log(
  `processor: ${(share * 100).toFixed(1)} % of one core (bar 10 %), ${perInterval.toFixed(2)} ms an interval`,
);
console.log(`memory: ${memoryMb.toFixed(0)} MB (bar ${MEMORY_MAX_MB} MB)`);
const held = judged === promotions && share <= CORE_SHARE_MAX && memoryMb <= MEMORY_MAX_MB;
console.log(held ? 'bars held' : 'BAR MISSED');
process.exit(held ? 0 : 1);
