import type { Metric } from '../../judge/settings.ts';
import { parseTrigger, TRIGGER_FORM } from '../grammar/trigger.ts';
import type { Trigger } from '../plan.ts';
import type { TriggerFile } from '../plan-file.ts';
import type { Scope } from './scope.ts';
import { resolveQuantity, resolveTerm, unitOf } from './terms.ts';

export interface TriggerSurroundings {
  metrics: readonly Metric[];
  intervalMs: number;
}

/** A sustained trigger without `for` fires at the first interval in breach. */
export function resolveTriggers(
  scope: Scope,
  files: Readonly<Record<string, string | TriggerFile>>,
  around: TriggerSurroundings,
): Trigger[] {
  return Object.entries(files).flatMap(([name, file]) => {
    const trigger =
      typeof file === 'string'
        ? fromLine(scope, name, file, around)
        : fromForm(scope, name, file, around);
    return trigger === null ? [] : [trigger];
  });
}

function fromLine(
  scope: Scope,
  name: string,
  text: string,
  around: TriggerSurroundings,
): Trigger | null {
  const path = ['triggers', name];
  const read = parseTrigger(text);
  if (read === null) {
    scope.shorthand(path, TRIGGER_FORM, text);
    return null;
  }
  if (read.kind !== 'sustained') return { name, ...read };
  const found = resolveTerm(scope, path, read.term, around.metrics);
  if (found === null) return null;
  const { metric, statistic } = found;
  const limit = resolveQuantity(scope, path, read.limit, unitOf(metric, statistic));
  if (limit === null) return null;
  return {
    name,
    kind: 'sustained',
    metric: metric.name,
    track: read.track,
    statistic,
    op: read.op,
    limit,
    forMs: read.forMs ?? around.intervalMs,
  };
}

function fromForm(
  scope: Scope,
  name: string,
  file: TriggerFile,
  around: TriggerSurroundings,
): Trigger | null {
  const path = ['triggers', name];
  if (file.kind === 'incident') return { name, ...file };
  if (file.kind === 'down') {
    return { name, kind: 'down', forMs: scope.ms([...path, 'for'], file.for, 0) };
  }
  const term = { metric: file.metric, statistic: file.statistic };
  const found = resolveTerm(scope, [...path, 'metric'], term, around.metrics);
  if (found === null) return null;
  return {
    name,
    kind: 'sustained',
    metric: file.metric,
    track: file.track ?? 'candidate',
    statistic: file.statistic,
    op: file.op,
    limit: file.limit,
    forMs: scope.ms([...path, 'for'], file.for, around.intervalMs),
  };
}
