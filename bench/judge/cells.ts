import { type Cell, cell, worse } from './cell.ts';
import { HISTORY_MINUTES, HORIZON_MINUTES, type Mode } from './judge-run.ts';
import { loadFiles, readLoad } from './load-series.ts';
import { type Harm, harmFrom, NO_HARM, type Scenario } from './scenario.ts';

const HOUR = 60;
const DAY = 1_440;
const HEALTHY = { isHealthy: true, releases: 2_000 };
const PERCENT: readonly (readonly [string, number])[] = [
  ['+5 %', 1.05],
  ['+10 %', 1.1],
  ['+25 %', 1.25],
  ['+100 %', 2],
];
const IID = { cv: 0.5, ar: 0 };
const AR = { cv: 0.5, ar: 0.8 };

function sized(perMin: number, base: number): Partial<Scenario> {
  return { stablePerMin: perMin, candidatePerMin: perMin, base };
}

function equalCells(): Cell[] {
  return [600, 60, 6_000].flatMap((perMin) =>
    [0.01, 0.001].map((base) => {
      const isMain = perMin === 600 && base === 0.01;
      const own = { ...HEALTHY, peerReleases: isMain ? 2_000 : 200 };
      return cell('equal', `${perMin}/min, ${100 * base} %`, {
        ...own,
        scenario: sized(perMin, base),
      });
    }),
  );
}

function dispersedCells(): Cell[] {
  return (
    [
      ['CV 0.5, each minute anew', IID],
      ['CV 0.5, AR(1) 0.8', AR],
    ] as const
  ).flatMap(([name, dispersion]) => [
    cell('dispersed', name, { ...HEALTHY, peerReleases: 200, scenario: { dispersion } }),
  ]);
}

function worseCells(): Cell[] {
  const main = PERCENT.map(([name, ratio]) =>
    worse('worse', `600/min, 1 %: ${name}`, ratio, {
      // The others end soon, and their medians are held against a bar.
      releases: ratio < 1.1 ? 1_000 : 2_000,
      peerReleases: 200,
    }),
  );
  const rare = PERCENT.slice(2).flatMap(([name, ratio]) =>
    [600, 6_000].map((perMin) =>
      worse('worse', `${perMin}/min, 0.1 %: ${name}`, ratio, {
        releases: 200,
        scenario: sized(perMin, 0.001),
      }),
    ),
  );
  const dispersed = PERCENT.slice(2).flatMap(([name, ratio]) => [
    worse('worse', `600/min, 1 %, CV 0.5: ${name}`, ratio, {
      modes: ['shipped'],
      releases: 200,
      scenario: { dispersion: IID },
    }),
    worse('worse', `600/min, 1 %, CV 0.5, AR(1) 0.8: ${name}`, ratio, {
      modes: ['shipped'],
      releases: 200,
      scenario: { dispersion: AR },
    }),
  ]);
  return [...main, ...rare, ...dispersed];
}

function lateCells(): Cell[] {
  return PERCENT.slice(1).flatMap(([name, ratio]) =>
    [HOUR, DAY].map((onset) =>
      worse('late', `${name} after ${onset / HOUR} h`, ratio, {
        onset,
        peerReleases: onset === DAY && ratio === 2 ? 200 : 0,
      }),
    ),
  );
}

function unevenCells(): Cell[] {
  const load = { kind: 'flat' } as const;
  const own = { stablePerMin: 1_080, candidatePerMin: 120, orderedPct: 10, load };
  return [
    cell('uneven', '10/90, flat: equal', { ...HEALTHY, releases: 1_000, scenario: own }),
    ...PERCENT.slice(1).map(([name, ratio]) =>
      worse('uneven', `10/90, flat: ${name}`, ratio, { scenario: own }),
    ),
  ];
}

/** The same traffic at all hours: what `plan check --traffic` takes for granted. */
function flatCells(): Cell[] {
  const own = { load: { kind: 'flat' } } as const;
  return [
    cell('flat', '50/50, flat: equal', {
      isHealthy: true,
      releases: 300,
      minutes: DAY,
      scenario: own,
    }),
    ...PERCENT.slice(1).map(([name, ratio]) =>
      worse('flat', `50/50, flat: ${name}`, ratio, { scenario: own }),
    ),
  ];
}

function latencyCells(): Cell[] {
  const latency = (name: string, harmAt: (minute: number) => Harm): Cell =>
    cell('latency', name, { releases: 300, peerReleases: 100, scenario: { metric, harmAt } });
  const metric = 'latency';
  return [
    cell('latency', 'equal', {
      ...HEALTHY,
      offReleases: 1_000,
      peerReleases: 1_000,
      scenario: { metric },
    }),
    ...PERCENT.map(([name, ratio]) => latency(name, harmFrom(0, ratio))),
    latency('2 % of requests 4x', harmFrom(0, 1, 0.02)),
    latency('1 % of requests 4x', harmFrom(0, 1, 0.01)),
  ];
}

function promotionCells(): Cell[] {
  const own = { releases: 1_000, isFollowed: true };
  const shipped: readonly Mode[] = ['shipped'];
  return [
    worse('promotion', '+25 %', 1.25, own),
    worse('promotion', '+25 %, CV 0.5', 1.25, {
      ...own,
      modes: shipped,
      scenario: { dispersion: IID },
    }),
    worse('promotion', '+25 %, CV 0.5, AR(1) 0.8', 1.25, {
      ...own,
      modes: shipped,
      releases: 2_000,
      scenario: { dispersion: AR },
    }),
    cell('promotion', '-25 %', {
      releases: 200,
      isHealthy: true,
      scenario: { harmAt: harmFrom(0, 0.75) },
    }),
  ];
}

function otherCells(): Cell[] {
  const spike = (ratio: number) => (minute: number) =>
    minute >= HOUR && minute < HOUR + 5 ? { ratio, tailShare: 0 } : NO_HARM;
  const incident = (minute: number): number => (minute % (6 * HOUR) < 10 ? 5 : 1);
  const drift = (minute: number): Harm => ({ ratio: 1 + 0.01 * (minute / HOUR), tailShare: 0 });
  const healed = { onset: HOUR, minutes: DAY };
  return [
    cell('other', 'both tracks x5 for 10 min, every 6 h', {
      isHealthy: true,
      scenario: { commonAt: incident },
    }),
    cell('other', 'x2 for 5 min, then healed', { ...healed, scenario: { harmAt: spike(2) } }),
    cell('other', 'x10 for 5 min, then healed', { ...healed, scenario: { harmAt: spike(10) } }),
    cell('other', 'drift of +1 % an hour', { scenario: { harmAt: drift } }),
    cell('other', 'ordered 50 %, sent 45 %', {
      releases: 200,
      minutes: DAY,
      isHealthy: true,
      scenario: { stablePerMin: 660, candidatePerMin: 540 },
    }),
  ];
}

function freshCells(): Cell[] {
  const tenfold = { stablePerMin: 6_000, candidatePerMin: 600 };
  const ways = [
    { name: 'with all of stable', own: { against: 'stable', orderedPct: 100 / 11 } },
    { name: 'with a fresh baseline', own: { against: 'fresh', orderedPct: 50 } },
  ] as const;
  const cold = { metric: 'latency', coldRatio: 1.5 } as const;
  return ways.flatMap(({ name, own }) => [
    cell('fresh', `errors, equal, ${name}`, {
      isHealthy: true,
      scenario: { ...tenfold, ...own },
    }),
    ...PERCENT.slice(1).map(([effect, ratio]) =>
      worse('fresh', `errors, ${effect}, ${name}`, ratio, {
        releases: 200,
        scenario: { ...tenfold, ...own },
      }),
    ),
    cell('fresh', `latency, equal, cold start, ${name}`, {
      isHealthy: true,
      releases: 100,
      minutes: DAY / 2,
      scenario: { ...tenfold, ...own, ...cold },
    }),
  ]);
}

function recordedCells(): Cell[] {
  const usable = loadFiles().filter(
    (file) => readLoad(file, HISTORY_MINUTES, HORIZON_MINUTES).starts.length > 0,
  );
  return usable.flatMap((file) => {
    const load = { kind: 'series', file } as const;
    const name = file.replace('.csv.gz', '');
    return [
      cell('recorded', `${name}: equal`, { ...HEALTHY, releases: 500, scenario: { load } }),
      worse('recorded', `${name}: +25 %`, 1.25, { releases: 200, scenario: { load } }),
      worse('recorded', `${name}: +100 %`, 2, { releases: 200, scenario: { load } }),
    ];
  });
}

/** All of it; or so many releases of the main cell and of each other one, for so many minutes. */
export interface Extent {
  part: number;
  smoke: { main: number; other: number; minutes: number } | null;
}

export function cells({ part, smoke }: Extent): Cell[] {
  const all = [
    ...equalCells(),
    ...dispersedCells(),
    ...worseCells(),
    ...lateCells(),
    ...unevenCells(),
    ...flatCells(),
    ...latencyCells(),
    ...promotionCells(),
    ...otherCells(),
    ...freshCells(),
    ...recordedCells(),
  ];
  return all.map((one, index) => {
    const few = index === 0 ? smoke?.main : smoke?.other;
    const releases = few ?? Math.ceil(part * one.releases);
    return {
      ...one,
      releases,
      offReleases: Math.min(releases, Math.ceil(part * one.offReleases)),
      peerReleases: Math.min(releases, Math.ceil(part * one.peerReleases)),
      minutes: smoke === null ? one.minutes : Math.min(one.minutes, one.onset + smoke.minutes),
    };
  });
}
