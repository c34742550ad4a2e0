import { expect, test } from 'vitest';
import { readYaml } from '../file/yaml-source.ts';
import { pythonFloat, pythonJson, SPACED } from './python-json.ts';

// What Python 3's repr() gives.
test.each([
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [0.1, '0.1'],
  [0.95, '0.95'],
  [1 / 3, '0.3333333333333333'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [5e-324, '5e-324'],
  [123456789, '123456789.0'],
  [9007199254740992, '9007199254740992.0'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.25e22, '1.25e+22'],
  [-2.5, '-2.5'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NaN, 'NaN'],
])('the float %d is written %s', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});

// What json.dumps(yaml.safe_load(text), sort_keys=True, separators=(',', ':')) gives.
test.each([
  ['a: 1', '{"a":1}'],
  ['a: 1.0', '{"a":1.0}'],
  ['a: "1.0"', '{"a":"1.0"}'],
  ['a: 1.50', '{"a":1.5}'],
  ['a: 12345678901234567890123', '{"a":12345678901234567890123}'],
  ['a: -7', '{"a":-7}'],
  ['b: true\na: null', '{"a":null,"b":true}'],
  ['B: 1\na: 2\n_: 3', '{"B":1,"_":3,"a":2}'],
  ['"\u{1f600}": 1\n"\uff5e": 2', '{"\\uff5e":2,"\\ud83d\\ude00":1}'],
  ['a: [1, 2.0, {z: 1, y: 2}]', '{"a":[1,2.0,{"y":2,"z":1}]}'],
  ['a: "q\\"\\\\\\n\\t\\u0001\\u007f\u00e9"', '{"a":"q\\"\\\\\\n\\t\\u0001\\u007f\\u00e9"}'],
  ['a: {}\nb: []', '{"a":{},"b":[]}'],
])('%j is normalised to %s', (yaml, json) => {
  const { root } = readYaml(yaml);
  expect(root && pythonJson(root)).toBe(json);
});

test('the older format puts a space behind each separator', () => {
  const { root } = readYaml('b: [1, 2]\na: x');
  expect(root && pythonJson(root, SPACED)).toBe('{"a": "x", "b": [1, 2]}');
});
