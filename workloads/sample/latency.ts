import { exp } from '../../src/base/math.ts';
import type { Prng } from '../../src/base/prng.ts';
import { normal } from './normal.ts';

/** How long the service pretends to work on a request. */
export type Latency =
  | { kind: 'fixed'; ms: number }
  | { kind: 'lognormal'; medianMs: number; sigma: number }
  | { kind: 'uniform'; fromMs: number; toMs: number };

export const LATENCY_FORM = '20, lognormal:median=20,sigma=0.5 or uniform:5-50';
const NUMBER = String.raw`(\d{1,6}(?:\.\d{1,6})?)`;
const FIXED = new RegExp(`^${NUMBER}$`);
const LOGNORMAL = new RegExp(`^lognormal:median=${NUMBER},sigma=${NUMBER}$`);
const UNIFORM = new RegExp(`^uniform:${NUMBER}-${NUMBER}$`);
/** A draw of ten sigma from a wide log-normal would hold a request for days. */
const DRAW_MS_MAX = 600_000;

/** Milliseconds; null for anything but LATENCY_FORM. */
export function parseLatency(text: string): Latency | null {
  const fixed = FIXED.exec(text);
  if (fixed) return { kind: 'fixed', ms: Number(fixed[1]) };
  const lognormal = LOGNORMAL.exec(text);
  if (lognormal) {
    const [, median, sigma] = lognormal.map(Number);
    if (median === undefined || sigma === undefined || sigma > 5) return null;
    return { kind: 'lognormal', medianMs: median, sigma };
  }
  const [, fromMs, toMs] = (UNIFORM.exec(text) ?? []).map(Number);
  if (fromMs === undefined || toMs === undefined || fromMs > toMs) return null;
  return { kind: 'uniform', fromMs, toMs };
}

export function drawLatencyMs(latency: Latency, random: Prng): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms;
    case 'lognormal':
      return Math.min(DRAW_MS_MAX, latency.medianMs * exp(latency.sigma * normal(random)));
    case 'uniform':
      return latency.fromMs + (latency.toMs - latency.fromMs) * random.next();
  }
}
