/** One counter as it was scraped: its labels, and its raw samples in the order of time. */
export interface CounterSeries {
  labels: Readonly<Record<string, string>>;
  samples: readonly Sample[];
}

export type Sample = readonly [atMs: number, value: number];

/** Counts are wanted of (startMs, endMs]; at each end a sample must be younger than `intervalMs`. */
export interface Span {
  startMs: number;
  endMs: number;
  intervalMs: number;
}

export type Counted =
  /** What each group counted, in their order. */
  | { kind: 'counted'; totals: readonly number[] }
  /** It can't be told, and never will be. */
  | { kind: 'absent'; reason: string }
  /** A scrape that belongs to it may still be on its way. */
  | { kind: 'pending'; reason: string };

/** A scrape is written once it is whole: one that follows proves that none before is still to come. */
const WRITTEN_WITHIN_MS = 1_000;

/** So much later than the end of an interval a sample still proves that the interval is whole. */
export function settledByMs({ endMs, intervalMs }: Span): number {
  return endMs + intervalMs + WRITTEN_WITHIN_MS;
}

/**
 * What groups of counters of one track counted in a span: the sum over consecutive samples, each
 * step dated by its later sample, so that spans side by side add up to the span of them all.
 *
 * A value below the one before is a restart, and counts whole. A series without an earlier sample
 * began at 0, if its instance was scraped already when the span began: else it may have counted for
 * days before anybody looked. Nothing is told of a span in which an instance came, went or was not
 * scraped at an end; in which a series vanished or came back while its instance went on; and in which
 * one counter of an instance was set back and another was not, since both may have been.
 * (An instance is a scrape target, by its labels job and instance.)
 */
export function countBetween(groups: readonly (readonly CounterSeries[])[], span: Span): Counted {
  const lines = groups.flatMap((group, index) =>
    group.map((series) => lineOf(series, index, span)),
  );
  const bad = lines.find(({ bad }) => bad !== null);
  if (bad !== undefined) return absent(`${bad.name} is ${bad.bad}, which is no count`);
  const instances = Map.groupBy(lines, ({ instance }) => instance);
  const faults = [...instances.values()].map(presence).filter((fault) => fault !== null);
  // What is absent anyway is not worth waiting for.
  const fault = faults.find(({ kind }) => kind === 'absent') ?? faults[0];
  if (fault !== undefined) return fault;
  const isThere = groups.map((_, index) => lines.some((one) => one.group === index && one.atEnd));
  if (!isThere.every(Boolean)) return absent('there is no series of a counter that it needs');
  const totals = groups.map(() => 0);
  for (const some of instances.values()) {
    const resets = resetsOf(some, span);
    for (const line of some) {
      const counted = countOf(line, resets, span);
      if (typeof counted === 'string') return absent(`${line.name} ${counted}`);
      totals[line.group] = (totals[line.group] ?? 0) + counted;
    }
  }
  return { kind: 'counted', totals };
}

/** A series, and where its samples lie in the span. */
interface Line {
  group: number;
  name: string;
  instance: string;
  /** Buckets of one histogram restart together. */
  family: string;
  samples: readonly Sample[];
  /** A value that is no count; null: none. */
  bad: number | null;
  atStart: boolean;
  atEnd: boolean;
  within: boolean;
  after: boolean;
}

function lineOf({ labels, samples }: CounterSeries, group: number, span: Span): Line {
  const { startMs, endMs, intervalMs } = span;
  const has = (fromMs: number, toMs: number): boolean =>
    samples.some(([atMs]) => atMs > fromMs && atMs <= toMs);
  const bad = samples.find(
    ([atMs, value]) =>
      atMs > startMs - intervalMs && atMs <= endMs && !(Number.isFinite(value) && value >= 0),
  );
  return {
    group,
    name: textOf(labels),
    instance: JSON.stringify([labels.job ?? '', labels.instance ?? '']),
    family: textOf(labels, 'le'),
    samples,
    bad: bad === undefined ? null : bad[1],
    atStart: has(startMs - intervalMs, startMs),
    atEnd: has(endMs - intervalMs, endMs),
    within: has(startMs, endMs),
    after: has(endMs, settledByMs(span)),
  };
}

/** Why an instance says nothing of the span; null: it was scraped at both ends, and since. */
function presence(lines: readonly Line[]): Counted | null {
  const [atStart, atEnd, within, after] = (['atStart', 'atEnd', 'within', 'after'] as const).map(
    (key) => lines.some((line) => line[key]),
  );
  if (!atStart && !atEnd && !within) return null;
  const name = lines[0]?.instance ?? '';
  if (!atStart) return absent(`${name} has no sample at the start of the interval`);
  if (!atEnd) return absent(`${name} has no sample at the end of the interval`);
  if (after) return null;
  return { kind: 'pending', reason: `${name} was not scraped since the end of the interval` };
}

/** When counters of an instance fell, rising: all of them, and those of each family. */
interface Resets {
  all: readonly number[];
  byFamily: ReadonlyMap<string, readonly number[]>;
}

function resetsOf(lines: readonly Line[], { endMs }: Span): Resets {
  const byFamily = new Map<string, number[]>();
  for (const { family, samples } of lines) {
    const times = byFamily.get(family) ?? [];
    byFamily.set(family, times);
    let before = Number.NEGATIVE_INFINITY;
    for (const [atMs, value] of samples) {
      if (atMs > endMs) break;
      if (value < before) times.push(atMs);
      before = value;
    }
  }
  const rising = (a: number, b: number): number => a - b;
  const all = [...byFamily.values()].flat().sort(rising);
  for (const times of byFamily.values()) times.sort(rising);
  return { all, byFamily };
}

/**
 * Whether one of some rising times lies in (afterMs, untilMs]. A counter that falls all the time has as
 * many as samples, so they are not gone through for each.
 */
function hasWithin(times: readonly number[], afterMs: number, untilMs: number): boolean {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) > afterMs) high = middle;
    else low = middle + 1;
  }
  return (times[low] ?? Number.POSITIVE_INFINITY) <= untilMs;
}

/** The count of one series, or why it can't be told. */
function countOf(
  line: Line,
  resets: Resets,
  { startMs, endMs, intervalMs }: Span,
): number | string {
  const { samples, family, atStart, atEnd, within } = line;
  const ofFamily = resets.byFamily.get(family) ?? [];
  let count = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const [i, [atMs, value]] of samples.entries()) {
    if (atMs > endMs) break;
    lastMs = atMs;
    if (atMs <= startMs) continue;
    const before = samples[i - 1];
    if (before === undefined) {
      count += value;
      continue;
    }
    const [beforeMs, earlier] = before;
    const isReset = hasWithin(resets.all, beforeMs, atMs);
    if (isReset && hasWithin(ofFamily, beforeMs, atMs)) count += value;
    else if (isReset && earlier > 0) return 'may have been set back, or not';
    else if (!isReset && beforeMs <= startMs - intervalMs) return 'came back after a gap';
    else count += value - earlier;
  }
  const isLost = (atStart || within) && !atEnd;
  // What it counted last before a restart is not known, as it is of every other counter then.
  if (isLost && !hasWithin(resets.all, lastMs, endMs)) return 'vanished';
  return count;
}

function absent(reason: string): Counted {
  return { kind: 'absent', reason };
}

function textOf(labels: Readonly<Record<string, string>>, without = ''): string {
  const { __name__: name = '', ...others } = labels;
  const rest = Object.entries(others).filter(([label]) => label !== without);
  const sorted = rest.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}
