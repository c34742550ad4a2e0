import * as Type from 'typebox';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Interval } from '../../core/evidence/interval.ts';
import { parse } from '../../protocol/parse.ts';
import { readText } from '../files.ts';
import type { CsvMetric } from './csv-layout.ts';

const closed = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0 });
const Measured = Type.Union([
  Type.Object({ kind: Type.Literal('rate'), events: Count, total: Count }, closed),
  Type.Object({ kind: Type.Literal('histogram'), counts: Type.Array(Count) }, closed),
  Type.Object({ kind: Type.Literal('value'), value: Type.Number() }, closed),
]);
const TrackForm = Type.Object(
  { up: Type.Boolean(), requests: Count, metrics: Type.Record(Type.String(), Measured) },
  closed,
);
const Nullable = Type.Union([TrackForm, Type.Null()]);
const IntervalForm = Type.Object(
  {
    seq: Count,
    startMs: Type.Number(),
    endMs: Type.Number(),
    candidatePct: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()]),
    stable: Nullable,
    candidate: Nullable,
    stableHalves: Type.Optional(Type.Tuple([TrackForm, TrackForm])),
  },
  closed,
);
const FileForm = Type.Object(
  {
    /** Edges of histograms, by metric. */
    edges: Type.Optional(Type.Record(Type.String(), Type.Array(Type.Number()))),
    intervals: Type.Array(IntervalForm),
  },
  closed,
);

export interface JsonFile {
  metrics: readonly Omit<CsvMetric, 'columns'>[];
  intervals: readonly Interval[];
}

/**
 * `{ "edges": { "latency": [...] }, "intervals": [...] }`, each interval as the ledger's rows hold
 * it, in rising order. `invalid-file` names the first place that is otherwise.
 */
export function readJson(path: string): Result<JsonFile> {
  const text = readText(path);
  if (!text.ok) return text;
  let value: unknown;
  try {
    value = JSON.parse(text.value);
  } catch {
    return fail(problem('invalid-file', `${path} is not JSON`));
  }
  const file = parse(FileForm, value, 'file');
  if (!file.ok) return fail(problem('invalid-file', `${path}: ${file.problem.message}`));
  const { intervals, edges = {} } = file.value;
  const fall = intervals.findIndex(({ seq }, i) => i > 0 && seq <= (intervals[i - 1]?.seq ?? -1));
  if (fall >= 0) {
    const message = `${path}: intervals/${fall}: its seq does not rise`;
    return fail(problem('invalid-file', message));
  }
  if (intervals.length === 0) return fail(problem('invalid-file', `${path} holds no interval`));
  const metrics = metricsIn(path, intervals, edges);
  return metrics.ok ? ok({ metrics: metrics.value, intervals }) : metrics;
}

function metricsIn(
  path: string,
  intervals: readonly Interval[],
  edges: Readonly<Record<string, readonly number[]>>,
): Result<JsonFile['metrics']> {
  const kinds = new Map<string, CsvMetric['kind']>();
  for (const { stable, candidate } of intervals) {
    for (const [name, { kind }] of Object.entries({ ...stable?.metrics, ...candidate?.metrics })) {
      if ((kinds.get(name) ?? kind) !== kind) {
        return fail(problem('invalid-file', `${path}: ${name} is not of one kind throughout`));
      }
      kinds.set(name, kind);
    }
  }
  const odd = [...kinds.keys()].find((name) => !/^[a-z][\w.-]{0,62}$/i.test(name));
  if (odd !== undefined) {
    return fail(
      problem('invalid-file', `${path}: ${JSON.stringify(odd.slice(0, 40))} is no metric's name`),
    );
  }
  const open = [...kinds].find(
    ([name, kind]) => kind === 'histogram' && !Object.hasOwn(edges, name),
  );
  if (open !== undefined) {
    const hint = `"edges": { "${open[0]}": [10, 25, 50, ...] } beside "intervals"`;
    return fail(problem('invalid-file', `${path}: no edges for the histogram ${open[0]}`, hint));
  }
  return ok(
    [...kinds].map(([name, kind]) => ({
      name,
      kind,
      edges: Object.hasOwn(edges, name) ? (edges[name] ?? []) : [],
    })),
  );
}
