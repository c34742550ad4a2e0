import {
  type JsonSchema,
  listOf,
  mapOf,
  oneOf,
  record,
  ref,
  shorthandOr,
  tagged,
} from './values.ts';

const DEADLINE: JsonSchema = {
  type: 'string',
  pattern: '^(?:none|(?:\\d+(?:\\.\\d+)?(?:ms|d|h|m|s))+)$',
  title: 'a duration such as 96h, or none',
  description: 'Counted from entry; then the default action follows.',
};

/** Keys that every phase has. */
const BASE: JsonSchema = {
  name: ref('name', 'Unique in the plan; the kind where it is left out.'),
  traffic: oneOf(
    "Where the candidate's requests come from.",
    'live',
    'load',
    'mirror',
    'sessions',
    'none',
  ),
  load: ref('load', 'Generated requests, such as "200rps /path"; the traffic is then load.'),
  gates: listOf('name', 'Gates judged in this phase, in this order.'),
  every: ref('duration', 'Gates are judged again after so long; 0s: on entry and before leaving.'),
  repeat: ref(
    'repeat',
    'Instead of every and failFor: so many judgements, so many of them may fail.',
  ),
  onFail: ref('action', 'What a failing gate does.'),
  failFor: ref('duration', 'A gate may fail for so long first.'),
  deadline: DEADLINE,
  onDeadline: ref('action', 'What a missed deadline does.'),
  triggers: listOf('name', 'Triggers armed in this phase; all of them where it is left out.'),
  fallback: oneOf('Weights when the controller is lost.', 'stable', 'stay'),
  before: listOf('hook', 'Commands run once on entry.'),
  after: listOf('hook', 'Commands run once before leaving.'),
};

const DURATION = ref('duration', 'How long it lasts at least.');
const REQUESTS_MIN = ref('count', "So many of the candidate's requests are needed as well.");

/** The steps of a release. */
export const PHASE_DEFS: JsonSchema = {
  phase: tagged('kind', [
    'phasePerimeter',
    'phaseSoak',
    'phaseCanary',
    'phaseDecision',
    'phaseRollout',
    'phaseWatch',
  ]),
  phasePerimeter: record(['kind'], {
    kind: { const: 'perimeter', description: 'Gates alone; nothing runs yet.' },
    ...BASE,
  }),
  phaseSoak: record(['kind', 'duration'], {
    kind: { const: 'soak', description: 'The candidate runs healthy for a time and a volume.' },
    ...BASE,
    duration: DURATION,
    requestsMin: REQUESTS_MIN,
    onBreach: oneOf('What a breach does.', 'restart', 'rollback'),
  }),
  phaseCanary: record(['kind', 'weight', 'duration'], {
    kind: { const: 'canary', description: 'A share of the traffic, judged against stable.' },
    ...BASE,
    weight: ref('percent', "The candidate's share in percent."),
    duration: DURATION,
    requestsMin: REQUESTS_MIN,
    checkpoints: listOf('duration', 'Gates are judged at these times after entry as well.'),
    advance: oneOf('When it may end.', 'at-end', 'when-shown'),
    judged: ref('flag', "Leaving needs the judge's promote."),
  }),
  phaseDecision: record(['kind', 'signOffs'], {
    kind: { const: 'decision', description: 'A frozen request, signed by people.' },
    ...BASE,
    subject: oneOf('The GO, or a confirmation after going live.', 'release', 'confirmation'),
    signOffs: mapOf('signOffCount', 'Roles, and how many of each must sign.', {
      maxProperties: 20,
    }),
    valid: ref('duration', 'How long a frozen request may be signed.'),
  }),
  phaseRollout: record(['kind', 'steps'], {
    kind: { const: 'rollout', description: 'Raises the share step by step.' },
    ...BASE,
    steps: {
      type: 'array',
      items: { $ref: '#/$defs/step' },
      minItems: 1,
      maxItems: 100,
      title: 'a list of steps',
      description: 'Shares and how long each is held.',
    },
  }),
  phaseWatch: record(['kind', 'duration'], {
    kind: { const: 'watch', description: 'After the rollout: rollback stays armed.' },
    ...BASE,
    duration: DURATION,
  }),
  load: shorthandOr(
    'loadForm',
    'a load such as "200rps /path"',
    'Requests a second, and their path.',
  ),
  loadForm: record(['ratePerSecond', 'path'], {
    ratePerSecond: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      title: 'a whole number from 1 to 100000',
      description: 'Requests a second.',
    },
    path: {
      type: 'string',
      pattern: '^/[!-~]*$',
      title: 'a path such as /',
      description: 'Path of the requests.',
    },
  }),
  repeat: record(['count', 'failureLimit'], {
    count: {
      type: 'integer',
      minimum: 1,
      title: 'a whole number from 1 up',
      description: 'How often.',
    },
    failureLimit: ref('count', 'So many failures in a row are let pass.'),
  }),
  hook: record(['name', 'run'], {
    name: ref('name', 'What it is called in the ledger.'),
    run: ref('line', 'The command line.'),
    timeout: ref('duration', 'It is ended after so long.'),
    onFail: ref('action', 'What its failure does.'),
  }),
  signOffCount: { type: 'integer', minimum: 1, maximum: 20, title: 'a whole number from 1 to 20' },
  step: shorthandOr('stepForm', 'a step such as "25% for 6h"', 'A share and its hold.'),
  stepForm: record(['weight'], {
    weight: ref('percent', "The candidate's share in percent."),
    hold: ref('duration', 'How long it is held before the next.'),
  }),
  freeze: {
    type: 'object',
    title: 'from and to, with days where it comes every week',
    if: { required: ['days'] },
    ...Object.fromEntries([
      ['then', { $ref: '#/$defs/freezeWeekly' }],
      ['else', { $ref: '#/$defs/freezeOnce' }],
    ]),
  },
  freezeOnce: record(['from', 'to'], {
    from: ref('instant', 'First moment of the freeze.'),
    to: ref('instant', 'First moment after it.'),
  }),
  freezeWeekly: record(['days', 'from', 'to'], {
    days: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: {
        type: 'string',
        enum: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
      },
      title: 'a list of days',
      description: 'Days of the week in UTC.',
    },
    from: ref('timeOfDay', 'Start in UTC.'),
    to: ref('timeOfDay', 'End in UTC, on the same day.'),
  }),
};

export const PHASE_PROPERTIES: JsonSchema = {
  phases: {
    type: 'array',
    items: { $ref: '#/$defs/phase' },
    minItems: 1,
    maxItems: 100,
    title: 'a list of phases',
    description: 'The steps of the release, in this order.',
  },
  freezes: mapOf('freeze', 'Windows in which no weight rises.'),
  load: ref('load', 'Generated requests in each phase that names no traffic of its own.'),
};
