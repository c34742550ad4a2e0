import { fail, ok, type Result } from '../../base/result.ts';
import type { CounterSeries, Sample } from '../../core/evidence/counter-series.ts';
import { numberFrom } from './exposition.ts';
import { redact } from './redact.ts';

/** What a query found: a scalar is a series without labels, a vector has one sample a series. */
export interface PrometheusAnswer {
  type: 'scalar' | 'vector' | 'matrix';
  series: readonly CounterSeries[];
}

export interface PrometheusFault {
  reason: string;
  /** It holds more samples than are read: of less time it may hold few enough. */
  isTooLarge: boolean;
}

/** One sample takes some 100 bytes here, and several answers are held at once. */
const SAMPLES_MAX = 200_000;
const TEXT_MAX = 300;

/**
 * Reads an answer of the HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/). A
 * warning means that parts are missing, and nobody knows which: the answer is not used. Whatever JSON
 * holds in the place of a text is not one: `{"toString": 1}` throws where it is made a text.
 */
export function prometheusAnswer(body: Uint8Array): Result<PrometheusAnswer, PrometheusFault> {
  const room = { samples: SAMPLES_MAX };
  const read = answerOf(body, room);
  if (read.ok) return read;
  return fail({ reason: read.problem, isTooLarge: room.samples < 0 });
}

/** How many more samples are read; negative: there were more. */
type Room = { samples: number };

function answerOf(body: Uint8Array, room: Room): Result<PrometheusAnswer, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return fail('what it answered is not JSON: is it a Prometheus?');
  }
  if (!isRecord(value)) return fail('it answered in another form: is it a Prometheus?');
  if (value.status === 'error') return fail(errorText(value) ?? 'an error without a reason');
  const { data, warnings } = value;
  if (value.status !== 'success' || !isRecord(data)) {
    return fail('it answered in another form: is it a Prometheus?');
  }
  if (Array.isArray(warnings) && warnings.length > 0) {
    const said = warnings.filter((one) => typeof one === 'string').join('; ');
    return fail(`the answer is not whole, it warns: ${said === '' ? 'no text' : short(said)}`);
  }
  return dataOf(data, room);
}

/** Why it refuses, in its own words; null: it does not say. */
export function prometheusError(body: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isRecord(value) ? errorText(value) : null;
  } catch {
    // A proxy's page, not an answer of the API.
    return null;
  }
}

function errorText({ errorType, error }: Readonly<Record<string, unknown>>): string | null {
  if (typeof error !== 'string') return null;
  return short(typeof errorType === 'string' ? `${errorType}: ${error}` : error);
}

function dataOf({ resultType: type, result }: Readonly<Record<string, unknown>>, room: Room) {
  if (!Array.isArray(result)) return fail('its answer has no result');
  if (type === 'scalar') {
    const sample = sampleOf(result);
    return sample === null
      ? fail('its answer is no scalar')
      : ok<PrometheusAnswer>({ type, series: [{ labels: {}, samples: [sample] }] });
  }
  if (type !== 'vector' && type !== 'matrix') {
    return fail(`a ${typeof type === 'string' ? short(type) : 'result of no type'} can't be read`);
  }
  const series: CounterSeries[] = [];
  for (const item of result) {
    const read = seriesOf(item, type, room);
    if (typeof read === 'string') return fail(read);
    series.push(read);
  }
  return ok<PrometheusAnswer>({ type, series });
}

/** A series, or why it is none. */
function seriesOf(item: unknown, type: 'vector' | 'matrix', room: Room): CounterSeries | string {
  if (!isRecord(item) || !isLabels(item.metric)) return 'its answer has a series without labels';
  if (item.histogram !== undefined || item.histograms !== undefined) {
    return 'it found native histograms, which are not read';
  }
  const given: unknown = type === 'vector' ? [item.value] : item.values;
  if (!Array.isArray(given)) return 'its answer has a series without samples';
  room.samples -= given.length;
  if (room.samples < 0) return `its answer has more than ${SAMPLES_MAX} samples`;
  const samples: Sample[] = [];
  for (const one of given) {
    const sample = sampleOf(one);
    if (sample === null) return 'its answer has a sample that is none';
    if (sample[0] <= (samples.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY)) {
      return 'its answer has samples out of order';
    }
    samples.push(sample);
  }
  return { labels: item.metric, samples };
}

/** `[seconds, "value"]`; null: it is not. JSON may say 1e999, which is read as infinite. */
function sampleOf(given: unknown): Sample | null {
  if (!Array.isArray(given) || given.length !== 2) return null;
  const [seconds, text]: readonly unknown[] = given;
  if (typeof seconds !== 'number' || typeof text !== 'string') return null;
  const [atMs, value] = [Math.round(seconds * 1_000), numberFrom(text)];
  return value === null || !Number.isSafeInteger(atMs) ? null : [atMs, value];
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In one line, and without what a URL within may give away. */
function short(text: string): string {
  const line = redact(text).replace(/[\s\p{Cc}]+/gu, ' ');
  return line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX)}...`;
}
