import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * What a service is: written by `service add` to `service.json` of the service's folder, read by its
 * keeper and its splitter. Durations are milliseconds, sizes bytes.
 */
const strict = { additionalProperties: false };

const Ms = Type.Integer({ minimum: 1, maximum: 86_400_000 });
const TrackName = Type.Union([Type.Literal('stable'), Type.Literal('candidate')]);
const HeaderName = Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" });
const Port = Type.Integer({ minimum: 0, maximum: 65_535 });

/** A request that fits goes to the named track, whatever the weights say; the first rule counts. */
export const Rule = Type.Object(
  {
    track: TrackName,
    header: Type.Optional(Type.Object({ name: HeaderName, value: Type.String() }, strict)),
    cookie: Type.Optional(Type.Object({ name: HeaderName, value: Type.String() }, strict)),
    /** `/a` fits `/a`, `/a/b` and `/a?x`, not `/ab`. */
    pathPrefix: Type.Optional(Type.String({ pattern: '^/' })),
  },
  strict,
);

/** Holds against slow and hostile clients. */
export const Limits = Type.Object(
  {
    /** Of request line and headers. */
    headerBytes: Type.Integer({ minimum: 1_024, maximum: 1_048_576 }),
    connections: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    /** To receive a whole head. */
    headersMs: Ms,
    /** Between two pieces of a request's body. */
    bodyIdleMs: Ms,
    /** Between two requests on a connection. */
    keepAliveMs: Ms,
    /** To reach a track. */
    connectMs: Ms,
    /** Until a track's answer begins. */
    answerMs: Ms,
    /** Between two pieces of an answer, or of an upgraded connection. */
    streamIdleMs: Ms,
    /** For what is open when a splitter is replaced or a track leaves. */
    drainMs: Ms,
  },
  strict,
);
export type Limits = Static<typeof Limits>;

export const DEFAULT_LIMITS: Limits = {
  headerBytes: 16_384,
  connections: 20_000,
  headersMs: 10_000,
  bodyIdleMs: 30_000,
  keepAliveMs: 60_000,
  connectMs: 2_000,
  answerMs: 60_000,
  streamIdleMs: 3_600_000,
  drainMs: 30_000,
};

export const Traffic = Type.Object(
  {
    /** tcp: bytes are passed through (HTTP/2, gRPC, TLS), and weights count connections. */
    mode: Type.Union([Type.Literal('http'), Type.Literal('tcp')]),
    host: Type.String({ minLength: 1 }),
    /** The service's door; 0: the system gives one, and it stays the same from then on. */
    port: Port,
    /** Where the splitter's own /metrics answers, on loopback; 0: the system gives one. */
    metricsPort: Port,
    intervalMs: Ms,
    /** One track a client: by a cookie that the splitter sets, or by the hash of a header. */
    sticky: Type.Union([
      Type.Null(),
      Type.Object({ by: Type.Literal('cookie'), name: HeaderName }, strict),
      Type.Object({ by: Type.Literal('header'), name: HeaderName }, strict),
    ]),
    rules: Type.Array(Rule, { maxItems: 100 }),
    /** Percent of stable's requests that are sent to the candidate too; its answers are thrown away. */
    mirrorPct: Type.Number({ minimum: 0, maximum: 100 }),
    limits: Limits,
  },
  strict,
);
export type Traffic = Static<typeof Traffic>;

export const Workload = Type.Object(
  {
    /**
     * Run by /bin/sh; `{port}` and `{version}` are filled in, and PORT is in the environment. An
     * address (base/track-address.ts) instead: it runs already, and is watched only.
     */
    command: Type.String({ minLength: 1, maxLength: 10_000 }),
    cwd: Type.String({ pattern: '^/' }),
    /** Added to the keeper's own environment. */
    env: Type.Record(Type.String(), Type.String()),
    /** A 2xx answer here is healthy; null: an accepted connection is. */
    healthPath: Type.Union([Type.Null(), Type.String({ pattern: '^/' })]),
    /** From start to the first healthy answer. */
    healthDeadlineMs: Ms,
    healthEveryMs: Ms,
    /** From SIGTERM to SIGKILL. */
    stopGraceMs: Ms,
  },
  strict,
);
export type Workload = Static<typeof Workload>;

const SERVICE_NAME = '^[a-z][a-z0-9-]{0,62}$';
export const ServiceDefinition = Type.Object(
  {
    name: Type.String({ pattern: SERVICE_NAME }),
    /** What stable is when the service is started for the first time. */
    version: Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+-]{0,127}$' }),
    traffic: Traffic,
    workload: Workload,
  },
  strict,
);
export type ServiceDefinition = Static<typeof ServiceDefinition>;
