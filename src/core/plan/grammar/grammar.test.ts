import { expect, test } from 'vitest';
import { parseCheck, parseEvidence } from './check.ts';
import { parseCondition } from './condition.ts';
import { inUnit, parseQuantity } from './quantity.ts';
import { minuteOfDay, parseDispersion, parseMeasurement, parseStep } from './small.ts';
import { parseTrigger } from './trigger.ts';

const q = (value: number, unit = '') => ({ value, unit });
const term = (metric: string, statistic: string | null = null) => ({ metric, statistic });
const MINUTE = 60_000;

test.each<[string, unknown]>([
  [
    'p95(rtt) > 400ms for 15m on candidate',
    {
      kind: 'sustained',
      term: term('rtt', 'p95'),
      op: '>',
      limit: q(400, 'ms'),
      forMs: 15 * MINUTE,
      track: 'candidate',
    },
  ],
  [
    'errors.rate > 5% for 2m',
    {
      kind: 'sustained',
      term: term('errors', 'rate'),
      op: '>',
      limit: q(5, '%'),
      forMs: 2 * MINUTE,
      track: 'candidate',
    },
  ],
  [
    'fill<0.75 on stable',
    {
      kind: 'sustained',
      term: term('fill'),
      op: '<',
      limit: q(0.75),
      forMs: null,
      track: 'stable',
    },
  ],
  [
    '  max(queue-length) >= -1.5e3  ',
    {
      kind: 'sustained',
      term: term('queue-length', 'max'),
      op: '>=',
      limit: q(-1500),
      forMs: null,
      track: 'candidate',
    },
  ],
  ['down', { kind: 'down', forMs: 0 }],
  ['candidate down for 30s', { kind: 'down', forMs: 30_000 }],
  ['SEV1', { kind: 'incident', severityMax: 1 }],
  ['incident sev2 or graver', { kind: 'incident', severityMax: 2 }],
  ['SEV5', null],
  ['', null],
  ['errors', null],
  ['errors >', null],
  ['errors > five', null],
  ['errors => 5', null],
  ['p42(errors) > 5', null],
  ['p95(errors > 5', null],
  ['errors > 5 for ever', null],
  ['errors > 5 on baseline', null],
  ['errors > 5 for 2m on candidate now', null],
  ['errors > 5\nfor 2m', null],
  [`errors > ${'5'.repeat(300)}`, null],
])('trigger %j', (text, expected) => {
  expect(parseTrigger(text)).toEqual(expected);
});

test.each<[string, unknown]>([
  ['<= 0.85', { kind: 'threshold', op: '<=', limit: q(0.85), warnLimit: null }],
  ['== 0', { kind: 'threshold', op: '==', limit: q(0), warnLimit: null }],
  [
    '<= 200ms, warn to 500ms',
    { kind: 'threshold', op: '<=', limit: q(200, 'ms'), warnLimit: q(500, 'ms') },
  ],
  ['< 10 warn to 15', { kind: 'threshold', op: '<', limit: q(10), warnLimit: q(15) }],
  ['0.2..0.8', { kind: 'range', min: q(0.2), max: q(0.8) }],
  ['-0.2..0.2', { kind: 'range', min: q(-0.2), max: q(0.2) }],
  ['from 1 to 2', { kind: 'range', min: q(1), max: q(2) }],
  ['ratio >= 95%', { kind: 'ratio', op: '>=', limit: q(95, '%'), denominatorMin: null }],
  [
    'ratio >= 95% of at least 20',
    { kind: 'ratio', op: '>=', limit: q(95, '%'), denominatorMin: 20 },
  ],
  [
    'never > 400ms for 15m',
    { kind: 'sustained', op: '>', limit: q(400, 'ms'), forMs: 15 * MINUTE },
  ],
  [
    'at most 3 of 60 > 400ms',
    { kind: 'failures', op: '>', limit: q(400, 'ms'), failuresMax: 3, countMin: 60 },
  ],
  ['at most 9>2%', { kind: 'failures', op: '>', limit: q(2, '%'), failuresMax: 9, countMin: null }],
  ['at most -1 > 2', null],
  ['at most 3 of > 2', null],
  ['at most 1000000 > 2', null],
  ['count <= 2', { kind: 'count', op: '<=', limit: q(2) }],
  ['present', { kind: 'presence' }],
  ['never > 400', null],
  ['about 5', null],
  ['<= ', null],
  ['=< 5', null],
  ['0.2...0.8', null],
  ['<= 1e999', null],
])('condition %j', (text, expected) => {
  expect(parseCondition(text)).toEqual(expected);
});

test.each<[string, unknown]>([
  ['judge', { source: 'judge' }],
  [
    'p95(rtt) over 24h',
    { source: 'metric', term: term('rtt', 'p95'), windowMs: 24 * 60 * MINUTE, track: 'candidate' },
  ],
  [
    'errors over 5m on stable',
    { source: 'metric', term: term('errors'), windowMs: 5 * MINUTE, track: 'stable' },
  ],
  ['errors', null],
  ['errors over long', null],
  ['errors over 5m on both', null],
])('evidence %j', (text, expected) => {
  expect(parseEvidence(text)).toEqual(expected);
});

test.each<[string, string | null, string | null]>([
  ['p95(rtt) over 24h <= 350ms', 'rtt', 'threshold'],
  ['errors over 5m on stable never > 5% for 10m', 'errors', 'sustained'],
  ['errors over 2h at most 3 of 60 > 2%', 'errors', 'failures'],
  ['fill over 1h 0.9..1', 'fill', 'range'],
  ['errors <= 5%', null, null],
  ['errors over 5m', null, null],
  ['judge present', null, null],
  [`errors over${' '.repeat(100_000)}`, null, null],
])('check %j', (text, metric, kind) => {
  const read = parseCheck(text);
  expect(read?.evidence.source === 'metric' ? read.evidence.term.metric : null).toBe(metric);
  expect(read?.condition.kind ?? null).toBe(kind);
});

test.each<[string, string, number | null]>([
  ['5%', '', 0.05],
  ['28%', '', 0.28],
  ['0.1%', '', 0.001],
  ['1e2%', '', 1],
  ['400ms', 'ms', 400],
  ['2s', 'ms', 2_000],
  ['2 s', 'ms', 2_000],
  ['500ms', 's', 0.5],
  ['512 MB', 'MB', 512],
  ['512', 'MB', 512],
  ['512GB', 'MB', null],
  ['5ms', '', null],
])('%s in %j', (text, unit, expected) => {
  const quantity = parseQuantity(text);
  expect(quantity && inUnit(quantity, unit)).toBe(expected);
});

test('steps, measurements, dispersion, times of day', () => {
  expect(parseStep('25% for 6h')).toEqual({ weightPct: 25, holdMs: 6 * 60 * MINUTE });
  expect(parseStep('100%')).toEqual({ weightPct: 100, holdMs: 0 });
  for (const bad of ['25', '25% 6h', '101% for 1h', '-5%', '25% for long']) {
    expect(parseStep(bad)).toBe(null);
  }
  expect(parseMeasurement('splitter.errors')).toEqual({ source: 'splitter', measure: 'errors' });
  expect(parseMeasurement('splitter.requests')).toBe(null);
  expect(parseDispersion('measured')).toEqual({ kind: 'measured' });
  expect(parseDispersion('assumed 1.5')).toEqual({ kind: 'assumed', phi: 1.5 });
  expect(parseDispersion('assumed 0.5')).toBe(null);
  expect(minuteOfDay('17:30')).toBe(1050);
  expect(minuteOfDay('24:00')).toBe(1440);
});
