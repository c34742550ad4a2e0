import { parseDuration } from '../../../base/duration.ts';
import type { Load } from '../plan.ts';
import type { DispersionFile, MeasurementFile } from '../plan-file.ts';
import { shortLine } from './quantity.ts';

export const STEP_FORM = 'a step such as "25% for 6h"';

/** `25% for 6h`, or `100%`: share in percent and hold. */
export function parseStep(text: string): { weightPct: number; holdMs: number } | null {
  const [, weight, duration] =
    /^(\d+(?:\.\d+)?)\s*%(?:\s+for\s+(\S+))?$/.exec(shortLine(text)) ?? [];
  if (weight === undefined) return null;
  const holdMs = duration === undefined ? 0 : parseDuration(duration);
  const weightPct = Number(weight);
  return holdMs === null || weightPct > 100 ? null : { weightPct, holdMs };
}

export const LOAD_FORM = 'a load such as "200rps /path"';
const RATE_MAX = 100_000;

/** `200rps /path`; the path is / where it is left out. Whole requests a second, from 1 to 100,000. */
export function parseLoad(text: string): Load | null {
  const [, rate, path = '/'] = /^(\d{1,6})\s*rps(?:\s+(\/[!-~]*))?$/.exec(shortLine(text)) ?? [];
  const ratePerSecond = Number(rate ?? 0);
  return ratePerSecond < 1 || ratePerSecond > RATE_MAX ? null : { ratePerSecond, path };
}

export const MEASUREMENT_FORM = 'splitter.errors, splitter.timeouts or splitter.latency';

export function parseMeasurement(text: string): MeasurementFile | null {
  const measure = /^splitter\.(errors|timeouts|latency)$/.exec(shortLine(text))?.[1];
  if (measure !== 'errors' && measure !== 'timeouts' && measure !== 'latency') return null;
  return { source: 'splitter', measure };
}

export const DISPERSION_FORM = '"measured", or "assumed 2" with a factor from 1 up';

export function parseDispersion(text: string): DispersionFile | null {
  if (text.trim() === 'measured') return { kind: 'measured' };
  const phi = /^assumed\s+(\d+(?:\.\d+)?)$/.exec(shortLine(text))?.[1];
  return phi === undefined || Number(phi) < 1 ? null : { kind: 'assumed', phi: Number(phi) };
}

/** Minutes after midnight of `17:30`; the form was checked. */
export function minuteOfDay(text: string): number {
  const [hours, minutes] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

export const WEEKDAYS: readonly string[] = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
];
