import { fail, ok, type Result } from '../../base/result.ts';

/** What a /metrics page says, of Prometheus' text format 0.0.4. */
export interface Exposition {
  /** By family: counter, gauge, histogram, summary or untyped. */
  types: ReadonlyMap<string, string>;
  samples: readonly Sample[];
}

export interface Sample {
  name: string;
  labels: ReadonlyMap<string, string>;
  value: number;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL =
  /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\\n]|\\[\\"n])*)"[ \t]*(,|(?=\}))/y;
const CLOSE = /[ \t]*\}/y;
const REST = /[ \t]*([^ \t]+)(?:[ \t]+-?\d+)?[ \t]*$/y;
const VALUE = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?$/;
const TYPE = /^#[ \t]+TYPE[ \t]+(\S+)[ \t]+(counter|gauge|histogram|summary|untyped)[ \t]*$/;
const SAMPLES_MAX = 200_000;

/**
 * Reads it strictly: a line that does not fit, and a series that is there twice, make the whole page
 * unreadable, since half a page would count as less than there is. The reason names the line.
 */
export function parseExposition(text: string): Result<Exposition, string> {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const known = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (line.startsWith('#')) {
      const [, family, type] = TYPE.exec(line) ?? [];
      if (family === undefined || type === undefined) continue;
      if (types.has(family)) return fail(`line ${index + 1}: a second TYPE of ${family}`);
      types.set(family, type);
      continue;
    }
    const sample = sampleOf(line);
    if (sample === null) return fail(`line ${index + 1} is no sample: ${line.slice(0, 100)}`);
    const key = seriesKey(sample);
    if (known.has(key)) return fail(`line ${index + 1}: ${key.slice(0, 200)} is there twice`);
    if (known.size >= SAMPLES_MAX) return fail(`it has more than ${SAMPLES_MAX} samples`);
    known.add(key);
    samples.push(sample);
  }
  return ok({ types, samples });
}

/** Names a series: the same labels in another order are the same one. */
export function seriesKey({ name, labels }: Pick<Sample, 'name' | 'labels'>): string {
  if (labels.size === 0) return name;
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
}

/** null: not of the form. */
export function labelsOf(
  text: string,
  at: number,
): { labels: Map<string, string>; end: number } | null {
  const labels = new Map<string, string>();
  let place = at;
  for (;;) {
    CLOSE.lastIndex = place;
    if (CLOSE.test(text)) return { labels, end: CLOSE.lastIndex };
    LABEL.lastIndex = place;
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined || labels.has(name)) return null;
    labels.set(
      name,
      value.replace(/\\([\\"n])/g, (_, it: string) => (it === 'n' ? '\n' : it)),
    );
    place = LABEL.lastIndex;
  }
}

function sampleOf(line: string): Sample | null {
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let end = name.length;
  let labels: ReadonlyMap<string, string> = new Map();
  const [open] = /[ \t]*\{/y.exec(line.slice(end)) ?? [];
  if (open !== undefined) {
    const read = labelsOf(line, end + open.length);
    if (read === null) return null;
    ({ labels, end } = read);
  } else if (!/^[ \t]/.test(line.slice(end))) return null;
  REST.lastIndex = end;
  const value = numberFrom(REST.exec(line)?.[1] ?? '');
  return value === null ? null : { name, labels, value };
}

/** null: no number. */
export function numberFrom(text: string): number | null {
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  return VALUE.test(text) ? Number(text) : null;
}
