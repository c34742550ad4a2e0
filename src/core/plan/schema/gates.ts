import { type JsonSchema, mapOf, oneOf, record, ref, shorthandOr, tagged } from './values.ts';

/** Gates, their checks, and the triggers that roll back at once. */
export const GATE_DEFS: JsonSchema = {
  gate: record(['checks'], {
    title: ref('line', 'What people read.'),
    impact: oneOf('Its weight in the matrix.', 'CRITICAL', 'HIGH', 'MEDIUM', 'LOW'),
    colour: oneOf('Its list in the green-yellow-red rule.', 'GREEN', 'YELLOW', 'RED'),
    conditionWithin: ref('duration', 'A CONDITIONAL decision may leave it open for so long.'),
    checks: mapOf('check', 'Predicates over evidence, by name.'),
  }),
  check: shorthandOr(
    'checkForm',
    'a line such as "p95(rtt) over 24h <= 350ms", or a mapping with evidence and condition',
    'One predicate over evidence.',
  ),
  checkForm: record(['evidence', 'condition'], {
    hint: ref('line', 'What to read or do when it does not pass.'),
    evidence: shorthandOr(
      'evidence',
      'judge, "p95(rtt) over 24h on candidate", or a mapping with source',
      'Where the evidence comes from.',
    ),
    condition: shorthandOr(
      'condition',
      'a condition such as "<= 0.85", "0.2..0.8" or "never > 400 for 15m"',
      'What must hold.',
    ),
    maxAge: ref('duration', 'Older evidence is inconclusive.'),
    samplesMin: ref('count', 'Fewer samples are inconclusive.'),
    advisory: ref('flag', 'Shows and never acts.'),
  }),
  evidence: tagged('source', [
    'evidencePrometheus',
    'evidenceHttp',
    'evidenceCommand',
    'evidenceFile',
    'evidenceMetric',
    'evidenceSessions',
    'evidenceIncidents',
    'evidenceJudge',
  ]),
  evidencePrometheus: record(['source', 'query'], {
    source: { const: 'prometheus', description: 'A Prometheus server.' },
    query: ref('line', 'PromQL.'),
    window: ref('duration', 'How far back a condition over time looks: never, at most, ratio.'),
  }),
  evidenceHttp: record(['source', 'url', 'field'], {
    source: { const: 'http', description: 'A JSON document of a web server.' },
    url: ref('line', 'Its address.'),
    field: ref('line', 'Path of the value in it, such as stats.ratio.'),
  }),
  evidenceCommand: record(['source', 'run', 'field'], {
    source: { const: 'command', description: 'A command that prints JSON.' },
    run: ref('line', 'The command line.'),
    field: ref('line', 'Path of the value in what it prints.'),
    timeout: ref('duration', 'It is ended after so long.'),
  }),
  evidenceFile: record(['source', 'path', 'field'], {
    source: { const: 'file', description: 'A JSON file.' },
    path: ref('line', 'Where it is.'),
    field: ref('line', 'Path of the value in it.'),
  }),
  evidenceMetric: record(['source', 'metric', 'statistic', 'window'], {
    source: { const: 'metric', description: 'Recorded intervals of a metric of this plan.' },
    metric: ref('name', 'The metric.'),
    track: ref('track', 'Of which track.'),
    statistic: ref('statistic', 'What of it.'),
    window: ref('duration', 'Over how long.'),
  }),
  evidenceSessions: record(['source', 'statistic'], {
    source: { const: 'sessions', description: 'Recorded sessions.' },
    statistic: ref('line', 'A statistic over them, such as noop_ratio_mean.'),
  }),
  evidenceIncidents: record(['source', 'severityMax', 'window'], {
    source: { const: 'incidents', description: 'Incidents on record.' },
    severityMax: ref('severity', 'This severity or graver.'),
    window: ref('duration', 'How far back.'),
  }),
  evidenceJudge: record(['source'], {
    source: { const: 'judge', description: "The judge's verdict." },
  }),
  condition: tagged('kind', [
    'conditionThreshold',
    'conditionRange',
    'conditionRatio',
    'conditionSustained',
    'conditionFailures',
    'conditionCount',
    'conditionPresence',
  ]),
  conditionThreshold: record(['kind', 'op', 'limit'], {
    kind: { const: 'threshold', description: 'The value passes when it is within the limit.' },
    ...opAndLimit(),
    warnLimit: ref('number', 'Beyond the limit but within this it only warns.'),
  }),
  conditionRange: record(['kind', 'min', 'max'], {
    kind: { const: 'range', description: 'The value lies from min to max.' },
    min: ref('number', 'Lowest value that passes.'),
    max: ref('number', 'Highest value that passes.'),
  }),
  conditionRatio: record(['kind', 'op', 'limit'], {
    kind: { const: 'ratio', description: 'Numerator by denominator.' },
    ...opAndLimit(),
    denominatorMin: ref('count', 'A smaller denominator is inconclusive.'),
  }),
  conditionSustained: record(['kind', 'op', 'limit', 'for'], {
    kind: {
      const: 'sustained',
      description: 'Fails when it holds all the time; what must not be.',
    },
    ...opAndLimit(),
    for: ref('duration', 'For so long.'),
  }),
  conditionFailures: record(['kind', 'op', 'limit'], {
    kind: {
      const: 'failures',
      description: 'Fails when it holds too often, in a row or not; what must not be.',
    },
    ...opAndLimit(),
    failuresMax: ref('count', 'So many intervals may; 0 where it is left out.'),
    countMin: ref('count', 'It passes with so many intervals, and is inconclusive before.'),
  }),
  conditionCount: record(['kind', 'op', 'limit'], {
    kind: { const: 'count', description: 'The number of items.' },
    ...opAndLimit(),
  }),
  conditionPresence: record(['kind'], {
    kind: { const: 'presence', description: 'The evidence is there and not too old.' },
  }),
  trigger: shorthandOr(
    'triggerForm',
    'a trigger such as "p95(rtt) > 400ms for 15m", "down for 30s" or "SEV1"',
    'An absolute rule that rolls back at once.',
  ),
  triggerForm: tagged('kind', ['triggerSustained', 'triggerDown', 'triggerIncident']),
  triggerSustained: record(['kind', 'metric', 'statistic', 'op', 'limit'], {
    kind: { const: 'sustained', description: 'Every interval for so long breaches.' },
    metric: ref('name', 'The metric.'),
    track: ref('track', 'Of which track.'),
    statistic: ref('statistic', 'What of it.'),
    ...opAndLimit(),
    for: ref('duration', 'For so long; one interval where it is left out.'),
  }),
  triggerDown: record(['kind'], {
    kind: { const: 'down', description: 'The candidate is known to be down.' },
    for: ref('duration', 'For so long; 0s is at the first such interval.'),
  }),
  triggerIncident: record(['kind', 'severityMax'], {
    kind: { const: 'incident', description: 'An incident is opened.' },
    severityMax: ref('severity', 'Of this severity or graver.'),
  }),
};

function opAndLimit(): JsonSchema {
  return {
    op: ref('comparison', 'How the value is compared with the limit.'),
    limit: ref('number', 'The limit, in the unit of the value.'),
  };
}

export const GATE_PROPERTIES: JsonSchema = {
  triggers: mapOf('trigger', 'Absolute rules that roll back at once, by name.'),
  gates: mapOf('gate', 'Named sets of checks.'),
};
