import { type JsonSchema, mapOf, oneOf, record, ref, shorthandOr, tagged } from './values.ts';

/** What is measured on both tracks, and what the judge makes of it. */
export const METRIC_DEFS: JsonSchema = {
  metric: record(['kind'], {
    kind: oneOf(
      'rate: events of a total. histogram: counts by bucket. value: a gauge.',
      'rate',
      'histogram',
      'value',
    ),
    unit: ref('line', 'Unit of the values, such as ms. A rate has the unit of what it counts.'),
    edges: {
      type: 'array',
      items: { $ref: '#/$defs/number' },
      maxItems: 500,
      title: 'a rising list of numbers',
      description: 'Upper edges of the buckets of a histogram, rising.',
    },
    worse: oneOf('Which way is worse.', 'higher', 'lower'),
    weight: ref('share', "Share of the judge's error budget. All metrics sum to 1."),
    required: ref('flag', 'Promotion needs this metric shown not worse than the margin.'),
    advisory: ref('flag', 'Shows and never acts.'),
    marginRelative: ref('number', 'How much worse is still not worse: 0.25 is a quarter.'),
    marginAbsolute: ref('share', 'The same as a share of the requests.'),
    relevanceFloor: ref('share', 'A rollback needs an excess above this share of the requests.'),
    from: shorthandOr(
      'measurement',
      'splitter.errors, splitter.timeouts, splitter.latency, or a mapping with source',
      'Where its measurements come from.',
    ),
  }),
  measurement: tagged('source', ['fromSplitter', 'fromPrometheus', 'fromScrape', 'fromSessions']),
  fromSplitter: record(['source', 'measure'], {
    source: { const: 'splitter', description: 'Counted where the traffic is split.' },
    measure: oneOf('Which count.', 'errors', 'timeouts', 'latency'),
  }),
  fromPrometheus: record(['source'], {
    source: {
      const: 'prometheus',
      description: 'Plain selectors of counters, or any PromQL for a value; $track is the track.',
    },
    ...seriesProperties('Series of'),
  }),
  fromScrape: record(['source'], {
    source: { const: 'scrape', description: "Series of the track's own /metrics." },
    ...seriesProperties('Series of'),
  }),
  fromSessions: record(['source', 'field'], {
    source: { const: 'sessions', description: 'Session summaries of the track.' },
    field: ref('line', 'Field of the summary.'),
  }),
  judge: {
    type: 'object',
    title: 'settings of the comparison, or method: kayenta with its own',
    if: { required: ['method'] },
    ...Object.fromEntries([
      ['then', { $ref: '#/$defs/judgeKayenta' }],
      ['else', { $ref: '#/$defs/judgeOwn' }],
    ]),
  },
  judgeKayenta: record(['method'], {
    method: oneOf("Kayenta's rule in place of the judge's own.", 'kayenta'),
    pass: ref('percent', 'A score from here on promotes.'),
    marginal: ref('percent', 'A score below this rolls back.'),
    every: {
      type: 'integer',
      minimum: 1,
      title: 'a whole number from 1 up',
      description: 'It judges after every so many intervals.',
    },
    window: {
      type: 'string',
      pattern: '^(?:growing|sliding [1-9]\\d{0,5})$',
      title: 'growing, or sliding with a number of intervals such as "sliding 60"',
      description: 'How far back each judgement looks.',
    },
    quantile: ref('share', 'Of a histogram, the one value an interval that is looked at.'),
    tolerance: ref(
      'share',
      "Part of the estimated shift that the interval's near end must exceed.",
    ),
    confidence: ref('share', 'Two-sided confidence of the interval around the shift.'),
    baseline: oneOf(
      'What the candidate is held against: stable, or a fresh instance of it with its own share.',
      'stable',
      'fresh',
    ),
  }),
  judgeOwn: record([], {
    alpha: ref(
      'share',
      'Budget for a false rollback over the whole release, all metrics together.',
    ),
    alphaPromote: ref('share', 'Budget for a wrong promotion, for each required metric.'),
    alphaSplit: ref('share', 'Budget for a false alarm about the traffic split.'),
    split: ref('name', 'The metric whose totals are the requests that the tracks counted.'),
    psiGrid: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: { type: 'number', exclusiveMinimum: 1, title: 'a ratio above 1' },
      title: 'a list of ratios above 1',
      description: 'Ratios of the rollback mixture.',
    },
    dispersion: shorthandOr(
      'dispersion',
      'measured, or assumed with a factor such as "assumed 2"',
      'How much more than chance the counts vary.',
    ),
    warmUp: ref('duration', 'So long after both tracks have traffic nothing is compared.'),
    baseline: oneOf(
      'What the candidate is held against: stable, or a fresh instance of it with its own share.',
      'stable',
      'fresh',
    ),
  }),
  dispersion: tagged('kind', ['dispersionAssumed', 'dispersionMeasured']),
  dispersionAssumed: record(['kind', 'phi'], {
    kind: { const: 'assumed', description: 'A factor that the plan states.' },
    phi: { type: 'number', minimum: 1, title: 'a number from 1 up', description: 'The factor.' },
  }),
  dispersionMeasured: record(['kind'], {
    kind: { const: 'measured', description: "From stable's own past." },
    blocks: {
      type: 'array',
      minItems: 1,
      maxItems: 100,
      items: { type: 'integer', minimum: 1, title: 'a whole number from 1 up' },
      title: 'a list of whole numbers',
      description: 'Block lengths in intervals.',
    },
    intervalsMin: ref('count', 'So many intervals are needed before the first comparison.'),
  }),
};

function seriesProperties(what: string): JsonSchema {
  return {
    events: ref('line', `${what} the events of a rate.`),
    total: ref('line', `${what} the total of a rate.`),
    buckets: ref('line', `${what} the cumulative buckets of a histogram.`),
    value: ref('line', `${what} the value of a gauge.`),
  };
}

export const METRIC_PROPERTIES: JsonSchema = {
  metrics: mapOf('metric', 'What is measured in every interval on both tracks.'),
  judge: ref('judge', 'Settings of the comparison between candidate and stable.'),
};
