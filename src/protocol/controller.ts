import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * What is said to the controller over its unix socket, as HTTP with JSON bodies
 * (process/admin-server.ts):
 *
 *   GET  /promotions               -> PromotionView[]  the active ones, oldest first
 *   GET  /promotion?id=ID          -> PromotionView    active or ended. ID: an id, the beginning of one alone, or
 *                                                     a service (its newest); left out: the only active one
 *   GET  /history?service=&limit=  -> HistoryEntry[]   ended ones, the last first
 *   GET  /checklist?id=ID          -> Checklist        of an active or an ended one
 *   GET  /about                    -> About
 *   POST /promote       Promote    -> PromotionView
 *   POST /command       Order      -> PromotionView
 *   GET  /request?id=ID            -> {request}        the open decision request, to be signed
 *   POST /sign          Signed     -> PromotionView
 *   POST /stop          Stop       -> null             promotions stand still until it is started again;
 *                                                     `conflict`: a candidate has traffic. No body: at once
 */
const strict = { additionalProperties: false };
const Line = Type.String({ minLength: 1, maxLength: 1_000 });

export const Promote = Type.Object(
  {
    /** The plan's file name, for its findings, and its text. An absolute one is watched for changes. */
    path: Line,
    text: Type.String({ maxLength: 1_000_000 }),
    args: Type.Record(Type.String(), Type.String()),
    by: Line,
    rehearsal: Type.Boolean(),
    /** Of a rehearsal: the whole road is to take about so long; left out: as long as the plan says. */
    scaleToMs: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Generated requests in place of live ones, such as `200rps /path`. */
    load: Type.Optional(Line),
    /** Withdraws an active promotion of the same service first. */
    supersede: Type.Boolean(),
  },
  strict,
);
export type Promote = Static<typeof Promote>;

export const Order = Type.Object(
  {
    id: Line,
    command: Type.Union([
      Type.Literal('pause'),
      Type.Literal('resume'),
      Type.Literal('retry'),
      Type.Literal('abort'),
      Type.Literal('rollback'),
      Type.Literal('halt'),
    ]),
    by: Line,
    reason: Line,
  },
  strict,
);
export type Order = Static<typeof Order>;

export const Signed = Type.Object(
  {
    id: Line,
    document: Type.String({ maxLength: 500_000 }),
    signature: Type.String({ minLength: 1, maxLength: 24_000 }),
  },
  strict,
);
export type Signed = Static<typeof Signed>;

export const Stop = Type.Object({ force: Type.Boolean() }, strict);
export type Stop = Static<typeof Stop>;

const MaybeMs = Type.Union([Type.Number(), Type.Null()]);
const MaybeText = Type.Union([Type.String(), Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);
const Weights = Type.Object({ stable: Type.Number(), candidate: Type.Number() });

export const GateView = Type.Object({
  name: Type.String(),
  outcome: Type.String(),
  evaluatedAtMs: Type.Number(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      outcome: Type.String(),
      observed: Type.String(),
      expected: Type.String(),
      reason: Type.String(),
    }),
  ),
});

export const PhaseView = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  standing: Type.Union([Type.Literal('done'), Type.Literal('active'), Type.Literal('to come')]),
  /** Of the active one: what it is doing, and since when. */
  stage: MaybeText,
  sinceMs: MaybeMs,
  /** Its planned length; null where nothing but people or evidence ends it. */
  durationMs: MaybeMs,
  gates: Type.Array(GateView),
});
export type PhaseView = Static<typeof PhaseView>;

const OwnVerdictView = Type.Object({
  kind: Type.String(),
  /** It rests, at least in part, on generated requests. */
  synthetic: Type.Boolean(),
  reason: Type.String(),
  /** Intervals that were compared, and of those the ones held against a fresh baseline. */
  pairs: Type.Number(),
  freshPairs: Type.Number(),
  /** Evidence for rollback, as an e-value, and what it is held against. */
  e: Type.Number(),
  eThreshold: Type.Number(),
  metrics: Type.Array(
    Type.Object({
      metric: Type.String(),
      /** Of a value, events are the sum and total the intervals. */
      kind: Type.String(),
      outcome: Type.String(),
      stable: Type.Object({ events: Type.Number(), total: Type.Number() }),
      candidate: Type.Object({ events: Type.Number(), total: Type.Number() }),
      ratio: MaybeNumber,
      e: Type.Number(),
    }),
  ),
  split: Type.Object({
    expectedPct: MaybeNumber,
    observedPct: MaybeNumber,
    /** The metric by which the tracks counted; null: self-reported by the splitter. */
    metric: MaybeText,
    tripped: Type.Boolean(),
  }),
});

const KayentaSide = Type.Object({ points: Type.Number(), mean: MaybeNumber });

/** Scores instead of e-values; a split is not tested. */
const KayentaVerdictView = Type.Object({
  method: Type.Literal('kayenta'),
  kind: Type.String(),
  synthetic: Type.Boolean(),
  reason: Type.String(),
  /** 0 to 100, and what it is held against; null: nothing was judged, or nothing had data. */
  score: MaybeNumber,
  pass: Type.Number(),
  marginal: Type.Number(),
  judgements: Type.Number(),
  nextInIntervals: Type.Number(),
  metrics: Type.Array(
    Type.Object({
      metric: Type.String(),
      unit: Type.String(),
      outcome: Type.String(),
      /** Kayenta's word for it. */
      label: MaybeText,
      stable: KayentaSide,
      candidate: KayentaSide,
      ratio: MaybeNumber,
    }),
  ),
});
export type KayentaVerdictView = Static<typeof KayentaVerdictView>;

/** A `method` tells them apart: the judge's own has none. */
export const VerdictView = Type.Union([KayentaVerdictView, OwnVerdictView]);
export type VerdictView = Static<typeof VerdictView>;

export const OutcomeView = Type.Object({
  kind: Type.String(),
  ga: Type.Boolean(),
  cause: MaybeText,
  atMs: Type.Number(),
});
export type OutcomeView = Static<typeof OutcomeView>;

export const PromotionView = Type.Object({
  id: Type.String(),
  service: Type.String(),
  version: Type.String(),
  candidate: Type.String(),
  plan: Type.String(),
  by: Type.String(),
  rehearsal: Type.Boolean(),
  /** Of a rehearsal: what would have kept a promotion in its phase. */
  waived: Type.Array(Type.Object({ phase: Type.String(), text: Type.String() })),
  openedAtMs: Type.Number(),
  weights: Weights,
  phases: Type.Array(PhaseView),
  waiting: Type.Array(
    Type.Object({ on: Type.String(), text: Type.String(), untilMs: MaybeMs, next: MaybeText }),
  ),
  verdict: Type.Union([VerdictView, Type.Null()]),
  /** Why it goes back; null: it does not. */
  back: MaybeText,
  signOffs: Type.Array(
    Type.Object({ person: Type.String(), role: Type.String(), choice: Type.String() }),
  ),
  outcome: Type.Union([Type.Null(), OutcomeView]),
});
export type PromotionView = Static<typeof PromotionView>;

export const PromotionViews = Type.Array(PromotionView);

/** A promotion that has ended. */
export const HistoryEntry = Type.Object({
  id: Type.String(),
  service: Type.String(),
  version: Type.String(),
  candidate: Type.String(),
  plan: Type.String(),
  by: Type.String(),
  rehearsal: Type.Boolean(),
  openedAtMs: Type.Number(),
  outcome: OutcomeView,
  /** Percent: the most that its candidate ever had. */
  highestPct: Type.Number(),
});
export type HistoryEntry = Static<typeof HistoryEntry>;

export const HistoryEntries = Type.Array(HistoryEntry);

export const Checklist = Type.Object({ id: Type.String(), markdown: Type.String() });

export const About = Type.Object({
  pid: Type.Number(),
  version: Type.String(),
  term: Type.Number(),
  startedAtMs: Type.Number(),
  active: Type.Number(),
  /** On loopback; null: there is none, and why. */
  metricsPort: MaybeNumber,
  metricsProblem: MaybeText,
});
export type About = Static<typeof About>;

export const OpenRequest = Type.Object({ request: Type.Record(Type.String(), Type.Unknown()) });
