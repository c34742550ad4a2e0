import type { Check } from '../../src/core/gate/check.ts';
import type { Gate } from '../../src/core/gate/gate.ts';
import type { Metric } from '../../src/core/judge/settings.ts';
import type { Phase, PhaseBase, Plan, Trigger } from '../../src/core/plan/plan.ts';
import { PEOPLE } from './people.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A small plan with every phase kind, in minutes of virtual time, built without a file. */
export function simPlan(service: string, parts: Partial<Plan> = {}): Plan {
  return {
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    name: 'sim',
    service,
    release: {
      version: '1.0.0',
      candidate: '1.0.0-rc.1',
      artifacts: [{ name: 'service.tar.gz', sha256: 'ab'.repeat(32) }],
      command: null,
      authors: ['author'],
    },
    profile: null,
    intervalMs: MINUTE_MS,
    controllerLossMs: 3 * MINUTE_MS,
    rule: 'matrix',
    decision: 'signed',
    evidenceMaxAgeMs: 24 * HOUR_MS,
    goMaxAgeMs: 48 * HOUR_MS,
    people: PEOPLE.map(({ id, publicKey }) => ({ id, publicKey })),
    roles: [
      { name: 'release-manager', people: ['rm-1', 'author'] },
      { name: 'sre-lead', people: ['sre-1', 'sre-2'] },
    ],
    overrideRoles: ['release-manager'],
    authors: [],
    metrics: METRICS,
    measurements: [],
    judge: {
      alpha: 0.01,
      alphaPromote: 0.05,
      psiGrid: [1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10],
      horizonIntervals: 300,
      dispersion: { kind: 'assumed', phi: 1 },
      alphaSplit: 0.001,
    },
    triggers: TRIGGERS,
    gates: GATES,
    phases: PHASES,
    freezes: [],
    ...parts,
  };
}

export const METRICS: readonly Metric[] = [
  {
    name: 'errors',
    kind: 'rate',
    unit: 'requests',
    edges: [],
    worse: 'higher',
    weight: 1,
    required: true,
    advisory: false,
    marginRelative: 0.25,
    marginAbsolute: 0.001,
    relevanceFloor: 0.001,
  },
];

const TRIGGERS: readonly Trigger[] = [
  {
    name: 'errors-high',
    kind: 'sustained',
    metric: 'errors',
    track: 'candidate',
    statistic: 'rate',
    op: '>',
    limit: 0.1,
    forMs: 5 * MINUTE_MS,
  },
  { name: 'candidate-down', kind: 'down', forMs: 2 * MINUTE_MS },
  { name: 'sev1', kind: 'incident', severityMax: 1 },
];

function check(name: string, rule: Pick<Check, 'evidence'>): Check {
  return {
    name,
    hint: `see the runbook page ${name}`,
    maxAgeMs: 10 * MINUTE_MS,
    samplesMin: 1,
    advisory: false,
    kind: 'threshold',
    op: '<=',
    limit: 10,
    warnLimit: null,
    ...rule,
  };
}

const PROMETHEUS = {
  url: 'http://127.0.0.1:1',
  bearerFile: null,
  basicFile: null,
  deadlineMs: 1_000,
};

const GATES: readonly Gate[] = [
  {
    name: 'readiness',
    title: 'Readiness',
    impact: 'CRITICAL',
    colour: 'GREEN',
    conditionWithinMs: 0,
    checks: [check('ready', { evidence: { source: 'file', path: 'ready.json', field: 'open' } })],
  },
  {
    name: 'health',
    title: 'Health',
    impact: 'HIGH',
    colour: 'GREEN',
    conditionWithinMs: 0,
    checks: [
      check('queue', {
        evidence: { source: 'prometheus', query: 'queue', server: PROMETHEUS, form: 'number' },
      }),
    ],
  },
];

export const PHASE_DEFAULTS: PhaseBase = {
  name: '',
  traffic: 'live',
  load: null,
  gates: [],
  everyMs: 0,
  onFail: 'rollback',
  failForMs: 0,
  deadlineMs: 6 * HOUR_MS,
  onDeadline: 'rollback',
  triggers: [],
  fallback: 'stable',
  before: [],
  after: [],
};

const ARMED = ['errors-high', 'candidate-down', 'sev1'];

const PHASES: readonly Phase[] = [
  {
    ...PHASE_DEFAULTS,
    kind: 'perimeter',
    name: 'perimeter',
    traffic: 'none',
    gates: ['readiness'],
    onFail: 'hold',
  },
  {
    ...PHASE_DEFAULTS,
    kind: 'soak',
    name: 'soak',
    traffic: 'load',
    load: { ratePerSecond: 10, path: '/' },
    soakMs: 10 * MINUTE_MS,
    requestsMin: 500,
    onBreach: 'restart',
    triggers: ARMED,
    before: [{ name: 'warm-up', run: 'true', timeoutMs: 1_000, onFail: 'rollback' }],
  },
  {
    ...PHASE_DEFAULTS,
    kind: 'canary',
    name: 'canary',
    weightPct: 10,
    durationMs: 15 * MINUTE_MS,
    requestsMin: 1_000,
    checkpointsMs: [5 * MINUTE_MS],
    advance: 'at-end',
    judged: true,
    gates: ['health'],
    triggers: ARMED,
  },
  {
    ...PHASE_DEFAULTS,
    kind: 'decision',
    name: 'decision',
    traffic: 'none',
    gates: ['readiness', 'health'],
    subject: 'release',
    signOffs: [
      { role: 'release-manager', count: 1 },
      { role: 'sre-lead', count: 1 },
    ],
    validMs: HOUR_MS,
    triggers: ARMED,
  },
  {
    ...PHASE_DEFAULTS,
    kind: 'rollout',
    name: 'rollout',
    steps: [25, 50, 100].map((weightPct) => ({ weightPct, holdMs: 3 * MINUTE_MS })),
    gates: ['health'],
    triggers: ARMED,
  },
  {
    ...PHASE_DEFAULTS,
    kind: 'watch',
    name: 'watch',
    watchMs: 10 * MINUTE_MS,
    gates: ['health'],
    everyMs: 5 * MINUTE_MS,
    failForMs: 5 * MINUTE_MS,
    triggers: ARMED,
  },
];

/** The same road with a canary so small that stable has ten times as much. */
export const FRESH_BASELINE: Partial<Plan> = {
  baseline: 'fresh',
  phases: PHASES.map((phase) => (phase.kind === 'canary' ? { ...phase, weightPct: 5 } : phase)),
};
