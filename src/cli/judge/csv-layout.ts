import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** What the columns of a CSV file of intervals hold. */
export interface CsvLayout {
  names: readonly string[];
  time: 'interval' | 'start';
  timeColumn: number;
  trackColumn: number;
  requestsColumn: number;
  instanceColumn: number | null;
  pctColumn: number | null;
  metrics: readonly CsvMetric[];
}

export interface CsvMetric {
  name: string;
  kind: 'rate' | 'histogram' | 'value';
  /** Rising upper edges of a histogram, one a column; empty for other kinds. */
  edges: readonly number[];
  columns: readonly number[];
}

const OWN = ['interval', 'start', 'track', 'requests', 'instance', 'candidate_pct'];
const EXPECTED =
  'interval (or start), track, requests, then e.g. errors, latency_le_100, cpu_value';

/**
 * From the heading. A column NAME counts bad requests out of `requests`; NAME_le_EDGE those at or
 * below an edge; NAME_value is one value. `invalid-file` for a missing, unknown or doubled column.
 */
export function layoutOf(heading: readonly string[]): Result<CsvLayout> {
  const names = heading.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    return fail(problem('invalid-file', `the column ${JSON.stringify(twice)} stands there twice`));
  }
  const column = (name: string): number | null => {
    const found = names.indexOf(name);
    return found < 0 ? null : found;
  };
  const time = column('interval') === null ? 'start' : 'interval';
  const [timeColumn, trackColumn, requestsColumn] = [time, 'track', 'requests'].map(column);
  const missing = [time, 'track', 'requests'].filter((name) => column(name) === null);
  if (timeColumn == null || trackColumn == null || requestsColumn == null) {
    const found = names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ');
    const message = `no column ${missing.join(', ')} among ${found}`;
    return fail(problem('invalid-file', message, `columns: ${EXPECTED}`));
  }
  const metrics = metricsOf(names);
  if (!metrics.ok) return metrics;
  return ok({
    ...{ names, time, timeColumn, trackColumn, requestsColumn },
    instanceColumn: column('instance'),
    pctColumn: column('candidate_pct'),
    metrics: metrics.value,
  });
}

function metricsOf(names: readonly string[]): Result<readonly CsvMetric[]> {
  const metrics = new Map<
    string,
    { kind: CsvMetric['kind']; parts: { edge: number; column: number }[] }
  >();
  for (const [column, text] of names.entries()) {
    if (OWN.includes(text)) continue;
    const bucket = /^([a-z][a-z0-9_]{0,62})_le_(\d+(?:\.\d+)?|inf)$/i.exec(text);
    const value = /^([a-z][a-z0-9_]{0,62})_value$/i.exec(text);
    const rate = /^[a-z][a-z0-9_]{0,62}$/i.exec(text);
    const [, name = rate?.[0]] = bucket ?? value ?? [];
    if (name === undefined) {
      const message = `the column ${JSON.stringify(text.slice(0, 40))} is no metric's name`;
      return fail(problem('invalid-file', message, `columns: ${EXPECTED}`));
    }
    // The count at or below infinity is the requests themselves.
    if (bucket?.[2]?.toLowerCase() === 'inf') continue;
    const kind = bucket !== null ? 'histogram' : value !== null ? 'value' : 'rate';
    const known = metrics.get(name) ?? { kind, parts: [] };
    if (known.kind !== kind || (kind !== 'histogram' && known.parts.length > 0)) {
      return fail(
        problem('invalid-file', `the columns of ${name} say two things about what it is`),
      );
    }
    known.parts.push({ edge: Number(bucket?.[2] ?? 0), column });
    metrics.set(name, known);
  }
  if (metrics.size === 0) {
    return fail(
      problem('invalid-file', 'there is no metric among the columns', `columns: ${EXPECTED}`),
    );
  }
  return ok(
    [...metrics].map(([name, { kind, parts }]) => {
      const rising = parts.sort((a, b) => a.edge - b.edge);
      return {
        ...{ name, kind },
        edges: kind === 'histogram' ? rising.map(({ edge }) => edge) : [],
        columns: rising.map((part) => part.column),
      };
    }),
  );
}
