import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * What is said to a splitter over its unix socket, as HTTP with JSON bodies (process/admin-server.ts):
 *
 *   GET  /state                      -> SplitterState
 *   PUT  /order          WeightOrder -> SplitterState   `refused`: an older fence
 *   POST /renew          Fence       -> SplitterState   `refused`: an older fence, or the fallback is in force
 *   PUT  /tracks         Tracks      -> SplitterState   where the tracks are; the keeper alone says it
 *   POST /drain          {track}     -> {open: number}  answers when nothing is open on it, or after limits.drainMs
 *   GET  /intervals?after=N&limit=M  -> SplitterInterval[]  rising, those with seq > N
 *   POST /replace        {program}   -> {pid: number}   a newer build takes over; null: the same one
 *   POST /absorb         Absorb      -> null            from a predecessor: what it still counts
 *   POST /stop                       -> null            closes the open interval and exits
 */
const strict = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const Fence = Type.Object({ term: Count, generation: Count }, strict);
export type Fence = Static<typeof Fence>;

const Pct = Type.Number({ minimum: 0, maximum: 100 });
export const Weights = Type.Object({ stable: Pct, candidate: Pct }, strict);
export type Weights = Static<typeof Weights>;

export const WeightOrder = Type.Object(
  {
    fence: Fence,
    weights: Weights,
    fallback: Weights,
    /** Of all requests, taken from stable's share while these weights are in force; absent: none. */
    baselinePct: Type.Optional(Pct),
    controllerLossMs: Type.Integer({ minimum: 1, maximum: 86_400_000 }),
  },
  strict,
);
export type WeightOrder = Static<typeof WeightOrder>;

/** Where a track is. `up` as its keeper sees it. */
export const TrackPlace = Type.Object(
  {
    host: Type.String({ minLength: 1 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /** Tells one process of a track from the next. */
    instance: Type.String({ minLength: 1, maxLength: 1_000 }),
    up: Type.Boolean(),
  },
  strict,
);
export type TrackPlace = Static<typeof TrackPlace>;

export const Tracks = Type.Object(
  {
    stable: Type.Union([TrackPlace, Type.Null()]),
    candidate: Type.Union([TrackPlace, Type.Null()]),
    /** A fresh instance of what stable runs; absent: from a keeper that knows none. */
    baseline: Type.Optional(Type.Union([TrackPlace, Type.Null()])),
    /** With the same words the weights become all stable: the candidate has just become it. */
    adopt: Type.Boolean(),
  },
  strict,
);
export type Tracks = Static<typeof Tracks>;

/** stable and candidate share the requests; a baseline takes a part of stable's. */
export const TrackName = Type.Union([
  Type.Literal('stable'),
  Type.Literal('candidate'),
  Type.Literal('baseline'),
]);
export type TrackName = Static<typeof TrackName>;

export const Drain = Type.Object({ track: TrackName }, strict);
export const Replace = Type.Object(
  { program: Type.Union([Type.String({ pattern: '^/' }), Type.Null()]) },
  strict,
);

export const SplitterState = Type.Object({
  pid: Count,
  /** Of the build that runs. */
  version: Type.String(),
  host: Type.String(),
  port: Count,
  metricsPort: Count,
  fence: Fence,
  weights: Weights,
  fallback: Weights,
  fallbackApplied: Type.Boolean(),
  stable: Type.Union([TrackPlace, Type.Null()]),
  candidate: Type.Union([TrackPlace, Type.Null()]),
  /** Absent: from a splitter that knows none, which may still run beside a newer controller. */
  baseline: Type.Optional(Type.Union([TrackPlace, Type.Null()])),
  /** Requests, streams and upgraded connections that are open now. */
  open: Type.Object({ stable: Count, candidate: Count, baseline: Type.Optional(Count) }),
  lastSeq: Count,
});
export type SplitterState = Static<typeof SplitterState>;

/** Edges of the latency buckets in milliseconds, ten a decade; one more bucket lies above the last. */
export const LATENCY_EDGES_MS: readonly number[] = [0.1, 1, 10, 100, 1_000, 10_000].flatMap(
  (decade) => [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5].map((step) => (step * decade * 1e4) / 1e4),
);

/** What one track did in one interval. Counts of that interval alone. */
export const TrackCounts = Type.Object({
  instance: Type.String(),
  /** false: it was down at some moment of the interval. */
  up: Type.Boolean(),
  /** Requests assigned by weight, or sent by the probe door (in tcp mode: connections), whose outcome is known. */
  requests: Count,
  /** Of those: the track could not be reached; did not answer in time; answered 5xx; broke off. */
  connectErrors: Count,
  timeouts: Count,
  serverErrors: Count,
  truncated: Count,
  /** Answers 4xx, and requests that the client gave up: not the track's doing. */
  clientErrors: Count,
  aborts: Count,
  /** Of the requests: copies of stable's, whose answers nobody sees. */
  mirrored: Count,
  /** Apart from all the above: sent by a rule; sent again to stable after another failure. */
  byRule: Count,
  retried: Count,
  stickyAssigned: Count,
  bytesIn: Count,
  bytesOut: Count,
  /** Time to the answer's headers, by LATENCY_EDGES_MS; `latency[i]`: above edge i-1, up to edge i. */
  latency: Type.Array(Count),
});
export type TrackCounts = Static<typeof TrackCounts>;

export const SplitterInterval = Type.Object({
  seq: Count,
  startMs: Count,
  endMs: Count,
  /** In force during all of it; null when they changed meanwhile. */
  weights: Type.Union([Weights, Type.Null()]),
  stable: Type.Union([TrackCounts, Type.Null()]),
  candidate: Type.Union([TrackCounts, Type.Null()]),
  /** Only where a baseline was ordered or counted: null when it was not there. */
  baseline: Type.Optional(Type.Union([TrackCounts, Type.Null()])),
});
export type SplitterInterval = Static<typeof SplitterInterval>;

export const Absorb = Type.Object(
  {
    stable: Type.Union([TrackCounts, Type.Null()]),
    candidate: Type.Union([TrackCounts, Type.Null()]),
    baseline: Type.Optional(Type.Union([TrackCounts, Type.Null()])),
  },
  strict,
);
export type Absorb = Static<typeof Absorb>;
