import { formatDuration, parseDuration } from '../../../base/duration.ts';
import type { SourcePath } from '../../file/source-node.ts';
import type { EvidenceQuery, PrometheusForm, PrometheusServer } from '../../gate/check.ts';
import { parseCondition } from '../grammar/condition.ts';
import { namesTrack, parseSelector, SELECTOR_FORM } from '../grammar/selector.ts';
import type { MetricSeries } from '../plan.ts';
import type { ConditionFile, EvidenceFile, PlanFile, PrometheusFile } from '../plan-file.ts';
import type { Scope } from './scope.ts';

const DEADLINE_MS = 5_000;
const DEADLINE_MAX_MS = 60_000;
const WINDOW_MS = 300_000;
/**
 * For so long an expression takes the last sample of a series on where no end of it was written, as
 * when Prometheus itself was down: https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness
 */
const CARRIED_MS = 300_000;
/** What is read of a window is recorded whole with each evaluation: no more points than these. */
const POINTS_MAX = 2_000;
const URL_FORM = /^https?:\/\/(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?(?:\/[^\s?#@]*)?$/;
const LOOPBACK = /^http:\/\/(?:localhost|127\.[0-9.]+|\[::1\])(?:[:/]|$)/;

/** The server that a plan names; `given` false: none, and whoever needs it must say so. */
export interface KnownPrometheus {
  given: boolean;
  server: PrometheusServer;
}

/** Stands where the section is missing or broken: the plan is refused then. */
const NOWHERE: PrometheusServer = { url: '', bearerFile: null, basicFile: null, deadlineMs: 0 };

export function resolvePrometheus(scope: Scope, file: PrometheusFile | 'broken' | undefined) {
  if (file === undefined) return { given: false, server: NOWHERE };
  if (file === 'broken') return { given: true, server: NOWHERE };
  const { url, bearerFile = null, basicFile = null } = file;
  lintUrl(scope, url);
  const path = ['prometheus'];
  if (bearerFile !== null && basicFile !== null) {
    const message = 'expected bearerFile or basicFile, found both';
    scope.reportKey(path, { code: 'two-credentials', message });
  } else if ((bearerFile ?? basicFile) !== null && /^http:/.test(url) && !LOOPBACK.test(url)) {
    const message = 'credentials are sent in the clear to a server that is not on this machine';
    scope.report([...path, 'url'], { level: 'warning', code: 'credentials-in-clear', message });
  }
  const deadlineMs = scope.ms([...path, 'deadline'], file.deadline, DEADLINE_MS);
  if (deadlineMs < 1 || deadlineMs > DEADLINE_MAX_MS) {
    const message = `expected a deadline from 1ms to 1m, found "${file.deadline ?? ''}"`;
    scope.report([...path, 'deadline'], { code: 'wrong-value', message });
  }
  return {
    given: true,
    server: { url: url.replace(/\/+$/, ''), bearerFile, basicFile, deadlineMs },
  };
}

/** What is wrong is told without the address: it may hold the secret. */
function lintUrl(scope: Scope, url: string): void {
  if (URL_FORM.test(url)) return;
  const path = ['prometheus', 'url'];
  const isSecret = url.includes('@') || url.includes('?');
  if (isSecret) {
    const message = 'the address holds credentials, and a plan is recorded and shown';
    const hint = 'bearerFile or basicFile: a file that only its owner can read';
    scope.report(path, { code: 'secret-in-plan', message, hint });
  } else {
    const message = 'expected an address such as https://prometheus.example:9090';
    scope.report(path, { code: 'wrong-value', message });
  }
}

/** Whether a metric, or anything at all, asks a Prometheus. */
export function prometheusUse({ metrics, gates }: Partial<PlanFile>): {
  metrics: boolean;
  any: boolean;
} {
  const asks = (from: unknown): boolean =>
    typeof from === 'object' && from !== null && 'source' in from && from.source === 'prometheus';
  const ofMetrics = valuesIn(metrics).some((metric) => asks(entryOf(metric, 'from')));
  const checks = valuesIn(gates).flatMap((gate) => valuesIn(entryOf(gate, 'checks')));
  const ofChecks = checks.some((check) => asks(entryOf(check, 'evidence')));
  return { metrics: ofMetrics, any: ofMetrics || ofChecks };
}

/** A section may be broken, and is then anything at all. */
function valuesIn(section: unknown): unknown[] {
  return typeof section === 'object' && section !== null ? Object.values(section) : [];
}

function entryOf(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined;
  return Object.getOwnPropertyDescriptor(holder, key)?.value;
}

function needServer(scope: Scope, path: SourcePath, known: KnownPrometheus): void {
  if (known.given) return;
  const message = 'the plan does not say where its Prometheus is';
  const hint = 'prometheus: {url: http://127.0.0.1:9090}';
  scope.report(path, { code: 'no-prometheus', message, hint });
}

/**
 * A metric's series with their full names. Counters are read as raw samples and added up here:
 * windows of rate() overlap, so that one event counts in several intervals, and increase()
 * extrapolates to events that nobody saw. A series that does not name the track would compare
 * stable with itself.
 */
export function prometheusSeries(
  scope: Scope,
  path: SourcePath,
  series: MetricSeries,
  known: KnownPrometheus,
): MetricSeries {
  needServer(scope, path, known);
  for (const [key, query] of Object.entries(series)) {
    if (key === 'kind') continue;
    const at = [...path, key];
    if (key !== 'value' && parseSelector(query) === null) {
      const message = `expected ${SELECTOR_FORM}, found an expression`;
      const hint = 'the samples are added up here: rate() overlaps, increase() extrapolates';
      scope.report(at, { code: 'no-selector', message, hint });
    } else if (!namesTrack(query)) {
      const message = 'it does not say $track: both tracks would be the same series';
      const hint = 'a label that tells the tracks apart, such as track="$track"';
      scope.report(at, { code: 'same-tracks', message, hint });
    }
  }
  if (series.kind !== 'histogram') return series;
  const read = parseSelector(series.buckets);
  if (read === null || read.name.endsWith('_bucket')) return series;
  return { kind: 'histogram', buckets: `${read.name}_bucket${read.matchers}` };
}

/** How a check's query is asked follows from its condition. */
export function prometheusQuery(
  scope: Scope,
  path: SourcePath,
  file: Extract<EvidenceFile, { source: 'prometheus' }>,
  condition: string | ConditionFile,
  around: { known: KnownPrometheus; intervalMs: number },
): EvidenceQuery {
  needServer(scope, path, around.known);
  if (namesTrack(file.query)) {
    const message = 'a check has no $track: it is asked as it stands';
    const hint = 'write stable or candidate in its place';
    scope.report([...path, 'query'], { code: 'no-track', message, hint });
  }
  const form = formOf(scope, path, file, condition, around.intervalMs);
  const { server } = around.known;
  return { source: 'prometheus', query: file.query, server, ...form };
}

function formOf(
  scope: Scope,
  path: SourcePath,
  { query, window }: Extract<EvidenceFile, { source: 'prometheus' }>,
  condition: string | ConditionFile,
  intervalMs: number,
): PrometheusForm {
  const windowPath = [...path, 'window'];
  const { kind, forMs } = courseOf(condition);
  if (kind !== 'sustained' && kind !== 'ratio' && kind !== 'failures') {
    if (window !== undefined && kind !== null) {
      const message = `a ${kind} condition reads one value: a window has no effect`;
      const hint = 'the query itself looks back: max_over_time(x[15m])';
      scope.report(windowPath, { code: 'window-without-effect', message, hint });
    }
    return { form: 'number' };
  }
  // A breach of some length shows only in a window that is longer.
  const windowMs = scope.ms(windowPath, window, kind === 'sustained' ? 2 * forMs : WINDOW_MS);
  const stepMs = Math.max(1, intervalMs, Math.ceil(windowMs / POINTS_MAX));
  if (kind === 'ratio') return { form: 'ratio', windowMs, stepMs };
  // What is counted need not be without gaps; how much of it there must be is the condition's word.
  if (kind === 'failures') return { form: 'series', windowMs, stepMs, gapMaxMs: windowMs };
  if (parseSelector(query) !== null) return { form: 'series', windowMs, stepMs, gapMaxMs: forMs };
  // A gap shows only from where its last value is no longer carried on.
  const gapMaxMs = forMs - CARRIED_MS;
  if (forMs > 0 && gapMaxMs < stepMs) {
    const [carried, least] = [CARRIED_MS, CARRIED_MS + stepMs].map(formatDuration);
    const message = `an expression carries its last value on for ${carried}, and a breach of ${formatDuration(forMs)} may hide in that`;
    const hint = `a plain selector (a recording rule holds the expression), or for ${least} or more`;
    scope.report([...path, 'query'], { code: 'carried-value', message, hint });
  }
  return { form: 'series', windowMs, stepMs, gapMaxMs: Math.max(stepMs, gapMaxMs) };
}

/** The kind of a condition; null: it can't be read, which is told elsewhere. */
function courseOf(condition: string | ConditionFile): {
  kind: ConditionFile['kind'] | null;
  forMs: number;
} {
  if (typeof condition !== 'string') {
    const forMs = condition.kind === 'sustained' ? (parseDuration(condition.for) ?? 0) : 0;
    return { kind: condition.kind, forMs };
  }
  const read = parseCondition(condition);
  return { kind: read?.kind ?? null, forMs: read?.kind === 'sustained' ? read.forMs : 0 };
}
