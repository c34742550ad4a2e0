import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, bench } from './program.ts';

const R2 = '0b1f3daa8eda80ea1981f1e0e73a131a7d5f53904b6bd27a64c88bcd10bc5937';
const SMOKE = 'b519b791e0eb5ef9365dc717bdc5f38532bc3b45eef10065c087b99f2e86f7ba';

let here: Bench;
beforeEach(() => {
  here = bench('profiles');
});
afterEach(() => here.remove());

function edit(from: string | RegExp, to: string, name = 'profiles/r2.yaml'): void {
  const before = readFileSync(here.path(name), 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(here.path(name), after);
}

describe('lock --check', () => {
  test('prints the two published digests', () => {
    const { code, out, err } = here.run('lock', '--check');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      ['PROFILE  RESULT  SHA256', `r2       valid   ${R2}`, `smoke    valid   ${SMOKE}`, ''].join(
        '\n',
      ),
    );
  });

  test('one edited value exits 3 and names the key with both values', () => {
    edit('min_decisions: 1', 'min_decisions: 2');
    const { code, out, err } = here.run('lock', '--check');
    expect(code).toBe(3);
    expect(err).toContain(
      'error: profiles/r2.yaml differs from its lock: acceptance.min_decisions: 1 -> 2\nhint: ',
    );
    expect(out).toMatch(/^r2 +differs/m);
    expect(out).toMatch(/^smoke +valid/m);
    expect(here.run('lock', '--check', 'smoke').code).toBe(0);
  });

  test('1.0 to 1 is a change', () => {
    edit('max_noop_ratio: 1.0', 'max_noop_ratio: 1', 'profiles/smoke.yaml');
    const { code, err } = here.run('lock', '--check', 'smoke');
    expect(code).toBe(3);
    expect(err).toContain('preloop.max_noop_ratio: 1.0 -> 1');
  });

  test('comments, layout and the order of keys are not', () => {
    edit('  coverage_target: 0.9 ', '  # reviewed again\n  "coverage_target":   0.90 ');
    edit(/( {2}tau_d:.*\n)( {2}tau_p:.*\n)/, '$2$1');
    edit(/(preloop:\n(?: .*\n)+)\n(monitoring:\n(?: .*\n)+)/, '$2\n$1');
    expect(here.run('lock', '--check')).toMatchObject({ code: 0, err: '' });
  });

  test('a missing lock, a damaged one, an edited one, one of another profile: 3', () => {
    const lock = here.path('profiles/r2.lock.json');
    const sound = readFileSync(lock, 'utf8');
    for (const [text, expected] of [
      ['{', 'is not JSON'],
      [sound.replace('0.9', '0.8'), 'it was edited'],
      [readFileSync(here.path('profiles/smoke.lock.json'), 'utf8'), 'the lock of smoke, not r2'],
    ] as const) {
      writeFileSync(lock, text);
      const { code, err } = here.run('lock', '--check', 'r2');
      expect([code, err]).toEqual([3, expect.stringContaining(expected)]);
    }
    rmSync(lock);
    const { code, err } = here.run('lock', '--check', 'r2');
    expect([code, err]).toEqual([3, expect.stringContaining('is not locked')]);
  });

  test('a missing profile exits 2 and suggests a name; so does a folder without any', () => {
    const missing = here.run('lock', '--check', 'r3');
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('hint: ') });
    expect(missing.err).toContain('profiles/r3.yaml does not exist');
    expect(here.run('lock', '--check', 'smokee').err).toContain('did you mean "smoke"?');
    expect(here.run('lock', '--profiles-dir', 'none').code).toBe(2);
    expect(here.run('lock', '--profiles-dir', '.').err).toContain('no profiles in .');
  });

  test('a mismatch outweighs a missing profile', () => {
    edit('tau_d: 0.3', 'tau_d: 0.31');
    expect(here.run('lock', '--check', 'gone', 'r2').code).toBe(3);
  });

  test('errors of the file: 2, each with line and column', () => {
    edit('  tau_p: 0.7', '  tau_p: 0.7\n  tau_p: 0.8\n  tau_q: 1\n#');
    const { code, err } = here.run('lock', '--check', 'r2');
    expect(code).toBe(2);
    const lines = readFileSync(here.path('profiles/r2.yaml'), 'utf8').split('\n');
    const line = lines.indexOf('  tau_p: 0.8') + 1;
    expect(line).toBeGreaterThan(0);
    expect(err).toContain(`profiles/r2.yaml:${line}:3: kappa_thresholds.tau_p: duplicate key`);
    expect(err).toContain(`profiles/r2.yaml:${line + 1}:3: kappa_thresholds: unknown key "tau_q"`);
  });
});

describe('lock', () => {
  test('writes what --check accepts, and leaves a lock that fits alone', () => {
    edit('tau_d: 0.3', 'tau_d: 0.25');
    const first = here.run('lock', 'r2');
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('tau_d: 0.3 -> 0.25') });
    expect(here.run('lock', '--check').code).toBe(0);
    const before = statSync(here.path('profiles/r2.lock.json')).mtimeMs;
    expect(here.run('lock', 'r2').out).toMatch(/^r2 +unchanged/m);
    expect(statSync(here.path('profiles/r2.lock.json')).mtimeMs).toBe(before);
  });

  test('the lock holds the fields of its format, and its text hashes to its digest', () => {
    rmSync(here.path('profiles/r2.lock.json'));
    expect(here.run('lock', 'profiles/r2.yaml').code).toBe(0);
    const lock = JSON.parse(readFileSync(here.path('profiles/r2.lock.json'), 'utf8'));
    expect(lock).toEqual({
      schema_v: 1,
      profile_name: 'r2',
      profile_path: 'r2.yaml',
      sha256_normalized_yaml: R2,
      generated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      generator_ver: here.run('version').out.trim().split(' ')[1],
      normalized_yaml: expect.stringMatching(/^\{"acceptance":\{"coverage_target":0.9,/),
    });
  });

  test('a dry run exits 2 and writes nothing, whether or not something would change', () => {
    const files = here.files();
    expect(here.run('lock', '--dry-run')).toMatchObject({
      code: 2,
      out: expect.stringContaining(R2),
    });
    rmSync(here.path('profiles/r2.lock.json'));
    const { code, out } = here.run('lock', 'r2', '--dry-run');
    expect(code).toBe(2);
    expect(out).toMatch(new RegExp(`^r2 +would lock +${R2}$`, 'm'));
    expect(here.files()).toEqual(files.filter((name) => name !== 'profiles/r2.lock.json'));
  });

  test('an invalid profile is not locked', () => {
    rmSync(here.path('profiles/r2.lock.json'));
    edit('version: 1', 'version: one');
    expect(here.run('lock').code).toBe(2);
    expect(here.files()).not.toContain('profiles/r2.lock.json');
  });

  test('a lock of the older format is migrated when it fits, and never taken for a lock', () => {
    const older = { checksum: 'b1c5472a9904e051', locked_at: '1', profile_path: 'r2.yaml' };
    rmSync(here.path('profiles/r2.lock.json'));
    writeFileSync(here.path('profiles/r2.yaml.lock'), JSON.stringify(older));
    const check = here.run('lock', '--check', 'r2');
    expect(check).toMatchObject({ code: 3, err: expect.stringContaining('older format and fits') });
    edit('tau_d: 0.3', 'tau_d: 0.4');
    const refused = here.run('lock', 'r2');
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('r2.yaml.lock locked') });
    edit('tau_d: 0.4', 'tau_d: 0.3');
    expect(here.run('lock', 'r2').out).toMatch(new RegExp(`^r2 +migrated +${R2}$`, 'm'));
    expect(here.run('lock', '--check', 'r2').code).toBe(0);
  });

  test('-o json has apiVersion and kind, and the changes', () => {
    edit('tau_d: 0.3', 'tau_d: 0.25');
    const { code, out } = here.run('lock', '--check', '-o', 'json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'aurora/v1',
      kind: 'ProfileLockList',
      items: [
        {
          profile: 'r2',
          result: 'differs',
          path: 'profiles/r2.yaml',
          lockPath: 'profiles/r2.lock.json',
          changes: [{ key: 'kappa_thresholds.tau_d', before: '0.3', after: '0.25' }],
        },
        { profile: 'smoke', result: 'valid', sha256: SMOKE, changes: [] },
      ],
    });
    expect(here.run('lock', '--check', '-o', 'wide').out).toContain('profiles/smoke.lock.json');
  });

  test('the folder comes from the option, else from AURORA_PROFILES_DIR', () => {
    renameSync(here.path('profiles'), here.path('elsewhere'));
    expect(here.run('lock', '--check').code).toBe(2);
    const env = { AURORA_PROFILES_DIR: 'elsewhere' };
    expect(here.runWith(env, 'lock', '--check', 'r2').code).toBe(0);
    expect(here.runWith(env, 'lock', '--check', '--profiles-dir', 'none').code).toBe(2);
  });
});

describe('diff', () => {
  test('0 for the same, 1 with the keys, 2 for a missing one', () => {
    expect(here.run('diff', 'r2', 'profiles/r2.yaml')).toMatchObject({ code: 0, err: '' });
    const { code, out } = here.run('diff', 'r2', 'smoke');
    expect(code).toBe(1);
    expect(out).toMatch(/^preloop\.max_noop_ratio +0\.6 +1\.0$/m);
    expect(out.split('\n')).toHaveLength(13);
    expect(here.run('diff', 'r2', 'nope').code).toBe(2);
    expect(here.run('diff', 'r2').code).toBe(2);
    const json = JSON.parse(here.run('diff', 'r2', 'smoke', '-o', 'json').out);
    expect(json).toMatchObject({ apiVersion: 'aurora/v1', kind: 'ProfileDiff' });
    expect(json.changes).toHaveLength(11);
  });
});

describe('validate', () => {
  const report = () =>
    JSON.parse(readFileSync(here.path('artifacts/profile_validation.json'), 'utf8'));

  test('writes the report', () => {
    expect(here.run('validate').code).toBe(0);
    expect(report()).toEqual({
      apiVersion: 'aurora/v1',
      kind: 'ProfileValidation',
      validation_summary: { total_profiles: 2, valid_profiles: 2, invalid_profiles: 0 },
      validations: {
        r2: { is_valid: true, errors: [], warnings: [], sha256_normalized_yaml: R2 },
        smoke: { is_valid: true, errors: [], warnings: [], sha256_normalized_yaml: SMOKE },
      },
    });
  });

  test('r2 softer than smoke: 1', () => {
    edit('skip_ratio_max: 0.3', 'skip_ratio_max: 0.6');
    const { code, err } = here.run('validate');
    expect(code).toBe(1);
    expect(err).toContain('monitoring.skip_ratio_max: 0.6 is softer than 0.5 in smoke');
    expect(report().validations.r2.is_valid).toBe(false);
  });

  test('an invalid profile: 2, with its place in the report', () => {
    edit('strict_validation: false', 'strict_validation: no', 'profiles/smoke.yaml');
    expect(here.run('validate').code).toBe(2);
    const { errors } = report().validations.smoke;
    expect(errors).toEqual([expect.stringMatching(/^profiles\/smoke\.yaml:\d+:\d+: schema\./)]);
  });

  test('the same files give the same report, byte for byte', () => {
    here.run('validate', '--report', 'a.json');
    here.run('validate', '--report', 'b.json');
    expect(readFileSync(here.path('a.json'), 'utf8')).toBe(
      readFileSync(here.path('b.json'), 'utf8'),
    );
  });
});
