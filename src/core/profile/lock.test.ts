import { expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { utf8 } from '../../base/bytes.ts';
import { compareWithLock, describeMismatch, formatLock, makeLock, parseLock } from './lock.ts';
import { parseOlderLock } from './older-lock.ts';
import { parseProfile } from './parse.ts';
import { validateProfiles } from './validate.ts';

const text = (edits: Record<string, string> = {}): string => {
  const values: Record<string, string> = {
    coverage_target: '0.9',
    min_decisions: '1',
    tau_d: '0.3',
    tau_p: '0.7',
    max_noop_ratio: '0.6',
    zero_budget_tolerance: '0',
    require_trigger: 'true',
    main_loop_started_ratio_min: '0.95',
    skip_ratio_max: '0.3',
    strict_validation: 'true',
    ...edits,
  };
  const keys = (...names: string[]): string =>
    `{${names.map((name) => `${name}: ${values[name]}`).join(', ')}}`;
  return [
    `acceptance: ${keys('coverage_target', 'min_decisions')}`,
    `kappa_thresholds: ${keys('tau_d', 'tau_p')}`,
    `preloop: ${keys('max_noop_ratio', 'zero_budget_tolerance', 'require_trigger')}`,
    `monitoring: ${keys('main_loop_started_ratio_min', 'skip_ratio_max')}`,
    `schema: {version: 1, profile_name: some_name, strict_validation: ${values.strict_validation}}`,
  ].join('\n');
};
const SOFT = {
  coverage_target: '0.85',
  min_decisions: '0',
  tau_d: '0.4',
  tau_p: '0.8',
  max_noop_ratio: '1.0',
  zero_budget_tolerance: '5',
  require_trigger: 'false',
  main_loop_started_ratio_min: '0.8',
  skip_ratio_max: '0.5',
  strict_validation: 'false',
};
const parse = (edits?: Record<string, string>) =>
  present(parseProfile('p.yaml', utf8(text(edits))).parsed, 'the profile of this test is valid');
const FACTS = { name: 'p', path: 'p.yaml', nowMs: 1_764_000_000_000, version: '1.2.3' };
const locked = formatLock(makeLock(parse(), FACTS));

test('a lock reads back as it was made, and fits its profile', () => {
  const lock = parseLock('p.lock.json', locked);
  expect(lock).toEqual({ ok: true, value: makeLock(parse(), FACTS) });
  expect(lock.ok && lock.value.generated_at).toBe('2025-11-24T16:00:00.000Z');
  expect(lock.ok && compareWithLock(parse(), lock.value)).toBeNull();
});

test.each([
  [{ min_decisions: '2' }, 'acceptance.min_decisions: 1 -> 2'],
  [
    { tau_d: '0', tau_p: '1' },
    'kappa_thresholds.tau_d: 0.3 -> 0; kappa_thresholds.tau_p: 0.7 -> 1',
  ],
  [{ require_trigger: 'false' }, 'preloop.require_trigger: true -> false'],
])('the changed keys are named: %j', (edits, expected) => {
  const mismatch = compareWithLock(parse(edits), makeLock(parse(), FACTS));
  expect(mismatch && describeMismatch(mismatch)).toBe(expected);
});

test('1 and 1.0 are two texts', () => {
  const lock = makeLock(parse({ max_noop_ratio: '1.0' }), FACTS);
  const mismatch = compareWithLock(parse({ max_noop_ratio: '1' }), lock);
  expect(mismatch?.changes).toEqual([{ key: 'preloop.max_noop_ratio', before: '1.0', after: '1' }]);
});

test('a lock of another program, without the text, fits or differs by its digest', () => {
  const { normalized_yaml: _text, ...rest } = makeLock(parse(), FACTS);
  const lock = parseLock('p.lock.json', JSON.stringify(rest));
  if (!lock.ok) throw new Error(lock.problem.message);
  expect(compareWithLock(parse(), lock.value)).toBeNull();
  const mismatch = compareWithLock(parse({ tau_d: '0.1' }), lock.value);
  expect(mismatch && describeMismatch(mismatch)).toMatch(
    /^locked \w{12}\.\.\., found \w{12}\.\.\.;/,
  );
});

test.each<[string, string]>([
  ['not JSON', '{'],
  ['a list', '[]'],
  ['another schema', locked.replace('"schema_v": 1', '"schema_v": 2')],
  ['a digest in capitals', locked.replace(/[0-9a-f]{64}/, (hash) => hash.toUpperCase())],
  ['a digest that is not of the text', locked.replace(/[0-9a-f]{64}/, '0'.repeat(64))],
  ['a text that was edited', locked.replace('0.9', '0.8')],
  ['an unknown field', locked.replace('"schema_v"', '"more": 1, "schema_v"')],
  ['no name', locked.replace('"profile_name": "p",', '')],
  ['a text that is a number', locked.replace(/"normalized_yaml": .*/, '"normalized_yaml": 5')],
])('no lock: %s', (_name, broken) => {
  expect(broken).not.toBe(locked);
  const lock = parseLock('p.lock.json', broken);
  expect(lock.ok).toBe(false);
  expect(!lock.ok && lock.problem.code).toBe('lock-mismatch');
});

test.each([
  ['{"checksum":"b1c5472a9904e051","profile_path":"r2.yaml"}', 'b1c5472a9904e051'],
  ['{"checksum":"B1C5472A9904E051"}', null],
  ['{"checksum":5}', null],
  ['null', null],
  ['x', null],
])('the older format: %s', (older, checksum) => {
  expect(parseOlderLock(older)).toBe(checksum);
});

const report = (r2: Record<string, string>, smoke: Record<string, string>) =>
  validateProfiles([
    { name: 'r2', parsed: parse(r2), findings: [] },
    { name: 'smoke', parsed: parse(smoke), findings: [] },
  ]);

test('r2 stricter in every key: nothing to say', () => {
  expect(report({}, SOFT).validations.r2).toMatchObject({
    is_valid: true,
    errors: [],
    warnings: [],
  });
});

test.each(Object.entries(SOFT))('r2 no stricter than smoke in %s', (key, softValue) => {
  const strictValue = new RegExp(`${key}: ([^,}]+)`).exec(text())?.[1] ?? '';
  const equal = report({ [key]: softValue }, SOFT).validations.r2;
  expect(equal).toMatchObject({ is_valid: true, errors: [] });
  expect(equal?.warnings).toContainEqual(expect.stringContaining(`${key}: `));
  const softer = report({ [key]: softValue }, { ...SOFT, [key]: strictValue });
  expect(softer.validations.r2?.errors).toEqual([expect.stringContaining(`${key}: `)]);
  expect(softer.validation_summary).toEqual({
    total_profiles: 2,
    valid_profiles: 1,
    invalid_profiles: 1,
  });
});

test('a profile with errors is listed with them; the comparison is not made up', () => {
  const broken = parseProfile('r2.yaml', utf8('x: 1'));
  const { validations } = validateProfiles([
    { name: 'r2', ...broken },
    { name: 'smoke', parsed: parse(SOFT), findings: [] },
  ]);
  expect(validations.r2?.is_valid).toBe(false);
  expect(validations.r2?.sha256_normalized_yaml).toBeNull();
  expect(validations.r2?.errors.length).toBeGreaterThan(0);
  expect(validations.r2?.warnings).toEqual(['not compared with smoke: one of the two is invalid']);
});

test('what each profile alone is warned of', () => {
  const odd = report({ max_noop_ratio: '0.8' }, { ...SOFT, require_trigger: 'true' });
  expect(odd.validations.r2?.warnings[0]).toContain('above 0.7 in production');
  expect(odd.validations.smoke?.warnings[0]).toContain('require_trigger');
});
