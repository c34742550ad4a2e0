import { expect, test } from 'vitest';
import { metric } from '../../../test/judge/tracks.ts';
import { defaultSettings, fillWeights, type OpenMetric } from './defaults.ts';
import { settingsFaults } from './settings-faults.ts';

function open(name: string, weight: number | null = null, advisory = false): OpenMetric {
  return { ...metric(name), weight, advisory };
}

test.each<[string, OpenMetric[], number[]]>([
  ['errors alone', [open('errors')], [1]],
  ['errors and latency', [open('errors'), open('latency')], [0.5, 0.5]],
  [
    'and others',
    ['errors', 'latency', 'cpu', 'queue'].map((name) => open(name)),
    [0.4, 0.4, 0.1, 0.1],
  ],
  ['others alone', [open('cpu'), open('queue')], [0.5, 0.5]],
  ['one given', [open('errors', 0.7), open('latency'), open('cpu')], [0.7, 0.2, 0.1]],
  ['an advisory one', [open('errors'), open('cpu', 0.3, true)], [1, 0]],
  ['only advisory ones', [open('cpu', null, true)], [0]],
  ['all given', [open('a', 0.4), open('b', 0.6)], [0.4, 0.6]],
  ['a name that every object has', [open('errors'), open('constructor')], [2 / 3, 1 / 3]],
])('weights: %s', (_, metrics, expected) => {
  const filled = fillWeights(metrics);
  expect(filled.ok).toBe(true);
  if (!filled.ok) return;
  filled.value.forEach(({ weight }, i) => {
    expect(weight).toBeCloseTo(expected[i] ?? Number.NaN, 12);
  });
  expect(settingsFaults(defaultSettings(100), filled.value)).toEqual([]);
});

test.each<[string, OpenMetric[], RegExp]>([
  ['nothing left for an open one', [open('a', 1), open('b')], /nothing is left/],
  ['too little in all', [open('a', 0.2), open('b', 0.3)], /sum to 0\.5, not to 1/],
])('refused: %s', (_, metrics, message) => {
  expect(fillWeights(metrics)).toMatchObject({
    ok: false,
    problem: { code: 'invalid-file', message: expect.stringMatching(message) },
  });
});

test('a given weight out of range is named when the settings are checked', () => {
  const filled = fillWeights([open('a', -0.5), open('b', 1.5)]);
  const faults = filled.ok ? settingsFaults(defaultSettings(100), filled.value) : [];
  expect(faults).toEqual([
    'a: its weight lies between 0 and 1',
    'b: its weight lies between 0 and 1',
  ]);
});
