import { DURATION_FORM, parseDuration } from '../../src/base/duration.ts';
import { problem } from '../../src/base/problem.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { LATENCY_FORM, type Latency, parseLatency } from './latency.ts';

/** What makes this service misbehave. Rates are shares, sizes bytes. */
export interface Knobs {
  errorRate: number;
  latency: Latency;
  crashAfter: { kind: 'time'; ms: number } | { kind: 'requests'; count: number } | null;
  leak: { per: 'second' | 'request'; bytes: number } | null;
  slowStartMs: number;
  unreadyMs: number;
  drift: { kind: 'errors'; perMinute: number } | { kind: 'latency'; msPerMinute: number } | null;
  /** Relative standard deviation of the factor on latency that each instance draws once. */
  fluctuation: number;
  /** null: drawn at the start. */
  seed: number | null;
}

const DECIMAL = String.raw`\d{1,9}(?:\.\d{1,9})?`;
const KIB = 1_024;
const BYTES: Readonly<Record<string, number>> = { KiB: KIB, MiB: KIB * KIB };
const LEAK_BYTES_MAX = KIB * KIB * KIB;
const COUNT_MAX = 1_000_000_000;

/** A parser gives undefined for what it does not take. */
interface Knob<T> {
  form: string;
  parse: (text: string) => T | undefined;
  unset: T;
}

const knob = <T>(unset: T, form: string, parse: (text: string) => T | undefined): Knob<T> => ({
  form,
  parse,
  unset,
});

const share = (text: string): number | undefined =>
  new RegExp(`^${DECIMAL}$`).test(text) && Number(text) <= 1 ? Number(text) : undefined;

/** 24 days, above which setTimeout fires at once. */
const DURATION_MS_MAX = 24 * 86_400_000;
function duration(text: string): number | undefined {
  const ms = parseDuration(text);
  return ms === null || ms > DURATION_MS_MAX ? undefined : ms;
}

function crashAfter(text: string): Knobs['crashAfter'] | undefined {
  const requests = /^(\d{1,9})req$/.exec(text);
  if (requests) {
    const count = Number(requests[1]);
    return count >= 1 ? { kind: 'requests', count } : undefined;
  }
  const ms = duration(text);
  return ms === undefined ? undefined : { kind: 'time', ms };
}

function leak(text: string): Knobs['leak'] | undefined {
  const [, digits, unit = '', per] = new RegExp(`^(${DECIMAL})(KiB|MiB)/(s|req)$`).exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Math.round(Number(digits) * (BYTES[unit] ?? Number.NaN));
  if (!(bytes >= 1 && bytes <= LEAK_BYTES_MAX)) return undefined;
  return { per: per === 's' ? 'second' : 'request', bytes };
}

function drift(text: string): Knobs['drift'] | undefined {
  const errors = new RegExp(`^errors:([+-]${DECIMAL})/min$`).exec(text);
  if (errors) return { kind: 'errors', perMinute: Number(errors[1]) };
  const latency = new RegExp(`^latency:([+-]${DECIMAL})ms/min$`).exec(text);
  return latency ? { kind: 'latency', msPerMinute: Number(latency[1]) } : undefined;
}

function seed(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const KNOBS: { readonly [K in keyof Knobs]: Knob<Knobs[K]> & { name: string } } = {
  errorRate: { name: 'SAMPLE_ERROR_RATE', ...knob(0, 'a share from 0 to 1', share) },
  latency: {
    name: 'SAMPLE_LATENCY_MS',
    ...knob<Latency>(
      { kind: 'fixed', ms: 0 },
      LATENCY_FORM,
      (text) => parseLatency(text) ?? undefined,
    ),
  },
  crashAfter: {
    name: 'SAMPLE_CRASH_AFTER',
    ...knob<Knobs['crashAfter']>(null, `30s or 1000req (up to ${COUNT_MAX - 1})`, crashAfter),
  },
  leak: {
    name: 'SAMPLE_LEAK',
    ...knob<Knobs['leak']>(null, '1MiB/s or 10KiB/req, up to 1024MiB', leak),
  },
  slowStartMs: { name: 'SAMPLE_SLOW_START', ...knob(0, DURATION_FORM, duration) },
  unreadyMs: { name: 'SAMPLE_UNREADY', ...knob(0, DURATION_FORM, duration) },
  drift: {
    name: 'SAMPLE_DRIFT',
    ...knob<Knobs['drift']>(null, 'errors:+0.01/min or latency:+10ms/min', drift),
  },
  fluctuation: { name: 'SAMPLE_FLUCTUATION', ...knob(0, 'a share from 0 to 1', share) },
  seed: {
    name: 'SAMPLE_SEED',
    ...knob<number | null>(null, 'a whole number of up to 15 digits', seed),
  },
};

export const KNOB_NAMES: readonly string[] = Object.values(KNOBS).map(({ name }) => name);

/**
 * `words` by environment name; a name that is absent is at its rest. `usage` for the first value
 * that is not of its form, and for a SAMPLE_ name that is no knob: a misspelt one must not pass
 * for a healthy service.
 */
export function parseKnobs(words: Readonly<Record<string, string | undefined>>): Result<Knobs> {
  const others = ['SAMPLE_VERSION', 'SAMPLE_INSTANCE', ...KNOB_NAMES];
  const unknown = Object.keys(words).find((n) => n.startsWith('SAMPLE_') && !others.includes(n));
  if (unknown !== undefined) return fail(problem('usage', `${unknown} is no knob of this service`));
  const faults: string[] = [];
  const read = <T>({ name, form, parse, unset }: Knob<T> & { name: string }): T => {
    const text = words[name];
    if (text === undefined) return unset;
    const value = parse(text);
    if (value === undefined) faults.push(`${name}=${text}: expected ${form}`);
    return value ?? unset;
  };
  const knobs: Knobs = {
    errorRate: read(KNOBS.errorRate),
    latency: read(KNOBS.latency),
    crashAfter: read(KNOBS.crashAfter),
    leak: read(KNOBS.leak),
    slowStartMs: read(KNOBS.slowStartMs),
    unreadyMs: read(KNOBS.unreadyMs),
    drift: read(KNOBS.drift),
    fluctuation: read(KNOBS.fluctuation),
    seed: read(KNOBS.seed),
  };
  const [first] = faults;
  return first === undefined ? ok(knobs) : fail(problem('usage', first));
}
