import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Cell } from './cell.ts';
import { cells, type Extent } from './cells.ts';
import { HISTORY_MINUTES } from './judge-run.ts';
import { type LoadSeries, readLoad } from './load-series.ts';
import { type Release, release } from './release.ts';

/** Some releases of one cell, done by one worker. */
interface Job {
  cell: number;
  from: number;
  to: number;
}

interface Done extends Job {
  releases: readonly Release[];
}

interface Told {
  extent: Extent;
  seed: number;
}

const WORKERS = 2;
/** About a second's work, so that both end together. */
const MINUTES_A_JOB = 150_000;
const LATENCY_COST = 8;

/** Seeds of a cell: its name in the high bits, the run's seed and the release's number in the low. */
export function seedOf(cell: Cell, runSeed: number, index: number): number {
  let hash = 0x811c9dc5;
  for (const char of cell.name + cell.group) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return (hash % 2_097_152) * 4_294_967_296 + ((runSeed * 100_000 + index) % 4_294_967_296);
}

/** All releases of all cells, on two threads, in the order of their seeds whoever did them. */
export async function runCells(
  program: string,
  told: Told,
  say: (text: string) => void,
): Promise<{ cell: Cell; releases: Release[] }[]> {
  const all = cells(told.extent);
  const found = all.map((cell) => ({ cell, releases: new Array<Release>(cell.releases) }));
  const left = all.map(({ releases }) => releases);
  const jobs = all.flatMap(jobsOf).sort((a, b) => a.size - b.size);
  const total = jobs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(program, { workerData: told });
    try {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
        const { releases, cell, from } = await askWorker(worker, job);
        for (const [offset, one] of releases.entries()) {
          const list = found[cell]?.releases;
          if (list) list[from + offset] = one;
        }
        done += job.size;
        left[cell] = (left[cell] ?? 0) - releases.length;
        if (left[cell] === 0) {
          say(`${((100 * done) / total).toFixed(0)} % ${all[cell]?.group}: ${all[cell]?.name}`);
        }
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return found;
}

function jobsOf(cell: Cell, index: number): (Job & { size: number })[] {
  const cost = cell.minutes * (cell.scenario.metric === 'latency' ? LATENCY_COST : 1);
  const each = Math.max(1, Math.floor(MINUTES_A_JOB / cost));
  const jobs = [];
  for (let from = 0; from < cell.releases; from += each) {
    const to = Math.min(cell.releases, from + each);
    jobs.push({ cell: index, from, to, size: (to - from) * cost });
  }
  return jobs;
}

/** An error of the worker ends the benchmark: half a cell would tell something else. */
async function askWorker(worker: Worker, { cell, from, to }: Job): Promise<Done> {
  worker.postMessage({ cell, from, to });
  const [done] = (await once(worker, 'message')) as [Done];
  return done;
}

/** The other side: does the jobs it is given until it is ended. */
export function serve(): void {
  if (isMainThread || parentPort === null) throw new Error('not a worker');
  const { extent, seed } = workerData as Told;
  const port = parentPort;
  const all = cells(extent);
  const loads = new Map<string, LoadSeries>();
  port.on('message', ({ cell: index, from, to }: Job) => {
    const cell = all[index];
    if (cell === undefined) throw new Error(`no cell ${index}`);
    const { scenario, minutes, isFollowed } = cell;
    const { load } = scenario;
    const series = load.kind !== 'series' ? null : loaded(loads, load.file, cell.minutes);
    const releases: Release[] = [];
    for (let i = from; i < to; i += 1) {
      const withPeers = i < cell.peerReleases;
      const modes = cell.modes.filter((mode) => mode !== 'off' || i < cell.offReleases);
      const plan = { scenario, modes, minutes, withPeers, isFollowed, series };
      releases.push(release(plan, seedOf(cell, seed, i)));
    }
    const done: Done = { cell: index, from, to, releases };
    port.postMessage(done);
  });
}

function loaded(loads: Map<string, LoadSeries>, file: string, minutes: number): LoadSeries {
  const known = loads.get(file);
  if (known !== undefined) return known;
  const series = readLoad(file, HISTORY_MINUTES, minutes);
  loads.set(file, series);
  return series;
}
