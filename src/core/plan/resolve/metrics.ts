import { defaultSettings, fillWeights, METRIC_DEFAULTS } from '../../judge/defaults.ts';
import type { JudgeSettings, Metric } from '../../judge/settings.ts';
import {
  DISPERSION_FORM,
  MEASUREMENT_FORM,
  parseDispersion,
  parseMeasurement,
} from '../grammar/small.ts';
import type { MeasurementQuery, MetricSeries, MetricSource } from '../plan.ts';
import type { DispersionFile, JudgeFile, MeasurementFile, MetricFile } from '../plan-file.ts';
import { type KnownPrometheus, prometheusSeries } from './prometheus.ts';
import type { Scope } from './scope.ts';

type SplitterQuery = MeasurementQuery & { source: 'splitter' };

/** Metrics that the splitter counts by itself need not say where they come from. */
const OWN_MEASURES: Readonly<Record<string, SplitterQuery>> = {
  errors: { source: 'splitter', measure: 'errors' },
  timeouts: { source: 'splitter', measure: 'timeouts' },
  latency: { source: 'splitter', measure: 'latency' },
};

const UNITS = { rate: 'requests', histogram: 'ms', value: 'units' } as const;

export interface ResolvedMetrics {
  metrics: readonly Metric[];
  measurements: readonly MetricSource[];
}

export function resolveMetrics(
  scope: Scope,
  files: Readonly<Record<string, MetricFile>>,
  prometheus: KnownPrometheus,
): ResolvedMetrics {
  const open = Object.entries(files).map(([name, file]) => {
    const advisory = file.advisory ?? METRIC_DEFAULTS.advisory;
    return {
      ...METRIC_DEFAULTS,
      name,
      kind: file.kind,
      unit: file.unit ?? UNITS[file.kind],
      edges: file.edges ?? [],
      worse: file.worse ?? METRIC_DEFAULTS.worse,
      weight: file.weight ?? null,
      // A gauge can be compared only between tracks of equal size, so it is asked for by name.
      required: file.required ?? (file.kind !== 'value' && !advisory),
      advisory,
      marginRelative: file.marginRelative ?? METRIC_DEFAULTS.marginRelative,
      marginAbsolute: file.marginAbsolute ?? METRIC_DEFAULTS.marginAbsolute,
      relevanceFloor: file.relevanceFloor ?? METRIC_DEFAULTS.relevanceFloor,
    };
  });
  const filled = fillWeights(open);
  if (!filled.ok) {
    const hint = 'weights of the metrics that are not advisory sum to 1';
    scope.reportKey(['metrics'], { code: 'weights', message: filled.problem.message, hint });
  }
  const metrics = filled.ok
    ? filled.value
    : open.map((one) => ({ ...one, weight: one.weight ?? 0 }));
  const measurements = Object.entries(files).flatMap(([name, file]) => {
    const from = resolveSource(scope, name, file, prometheus);
    return from === null ? [] : [{ metric: name, from }];
  });
  return { metrics, measurements };
}

function resolveSource(
  scope: Scope,
  name: string,
  file: MetricFile,
  prometheus: KnownPrometheus,
): MeasurementQuery | null {
  const path = ['metrics', name, 'from'];
  if (file.from === undefined) {
    const own = Object.hasOwn(OWN_MEASURES, name) ? OWN_MEASURES[name] : undefined;
    if (own !== undefined) return checkedMeasure(scope, name, file, own);
    scope.reportKey(['metrics', name], {
      code: 'metric-without-source',
      message: `nothing measures the metric "${name}"`,
      hint: 'from: splitter.errors, or a mapping with source: prometheus, scrape or sessions',
    });
    return null;
  }
  const from = typeof file.from === 'string' ? parseMeasurement(file.from) : file.from;
  if (from === null) {
    scope.shorthand(path, MEASUREMENT_FORM, String(file.from));
    return null;
  }
  if (from.source === 'splitter') return checkedMeasure(scope, name, file, from);
  if (from.source === 'sessions') return { source: 'sessions', field: from.field };
  const series = seriesOf(file.kind, from);
  if (series === null) {
    const keys = { rate: 'events and total', histogram: 'buckets', value: 'value' }[file.kind];
    const message = `expected ${keys} for a metric of the kind ${file.kind}`;
    scope.report(path, { code: 'wrong-source', message });
    return null;
  }
  if (from.source === 'scrape') return { source: 'scrape', series };
  const asked = prometheusSeries(scope, path, series, prometheus);
  return { source: 'prometheus', series: asked, server: prometheus.server };
}

/** The splitter counts errors and timeouts as rates and latency as a histogram. */
function checkedMeasure(
  scope: Scope,
  name: string,
  file: MetricFile,
  from: SplitterQuery,
): MeasurementQuery | null {
  const kind = from.measure === 'latency' ? 'histogram' : 'rate';
  if (file.kind === kind) return from;
  const message = `the splitter measures ${from.measure} as a ${kind}, the metric is a ${file.kind}`;
  scope.reportKey(['metrics', name], { code: 'wrong-source', message });
  return null;
}

/** Exactly the keys of the kind: another's would be silently without effect. */
function seriesOf(kind: MetricFile['kind'], from: MeasurementFile): MetricSeries | null {
  if (from.source !== 'prometheus' && from.source !== 'scrape') return null;
  const { events, total, buckets, value } = from;
  const given = [events, total, buckets, value].filter((one) => one !== undefined).length;
  if (kind === 'rate' && events !== undefined && total !== undefined && given === 2) {
    return { kind, events, total };
  }
  if (kind === 'histogram' && buckets !== undefined && given === 1) return { kind, buckets };
  if (kind === 'value' && value !== undefined && given === 1) return { kind, value };
  return null;
}

export function resolveJudge(
  scope: Scope,
  file: JudgeFile,
  { horizonIntervals, intervalMs }: { horizonIntervals: number; intervalMs: number },
): JudgeSettings {
  const defaults = defaultSettings(horizonIntervals);
  const warmUpMs = scope.ms(['judge', 'warmUp'], file.warmUp, 0);
  return {
    alpha: file.alpha ?? defaults.alpha,
    alphaPromote: file.alphaPromote ?? defaults.alphaPromote,
    psiGrid: file.psiGrid ?? defaults.psiGrid,
    horizonIntervals,
    dispersion: resolveDispersion(scope, file.dispersion, defaults.dispersion),
    alphaSplit: file.alphaSplit ?? defaults.alphaSplit,
    ...(file.split === undefined ? {} : { splitMetric: file.split }),
    ...(warmUpMs === 0 ? {} : { warmUpIntervals: Math.ceil(warmUpMs / intervalMs) }),
  };
}

function resolveDispersion(
  scope: Scope,
  given: string | DispersionFile | undefined,
  fallback: JudgeSettings['dispersion'],
): JudgeSettings['dispersion'] {
  const form = typeof given === 'string' ? parseDispersion(given) : (given ?? fallback);
  if (form === null) {
    scope.shorthand(['judge', 'dispersion'], DISPERSION_FORM, String(given));
    return fallback;
  }
  if (form.kind === 'assumed') return { kind: 'assumed', phi: form.phi };
  const measured = fallback.kind === 'measured' ? fallback : { blocks: [], intervalsMin: 0 };
  return {
    kind: 'measured',
    blocks: form.blocks ?? measured.blocks,
    intervalsMin: form.intervalsMin ?? measured.intervalsMin,
  };
}
