import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { formatFinding } from '../plan/finding.ts';
import { diffNormalized } from './diff.ts';
import { PROFILE_KEYS, splitKey } from './keys.ts';
import { olderChecksum } from './older-lock.ts';
import { PROFILE_BYTES_MAX, parseProfile } from './parse.ts';
import { PROFILE_SCHEMA } from './schema.ts';

const R2 = `acceptance:
  coverage_target: 0.9
  min_decisions: 1
kappa_thresholds:
  tau_d: 0.3
  tau_p: 0.7
preloop:
  max_noop_ratio: 0.6
  zero_budget_tolerance: 0
  require_trigger: true
monitoring:
  main_loop_started_ratio_min: 0.95
  skip_ratio_max: 0.3
schema:
  version: 1
  profile_name: r2_production
  strict_validation: true
`;

const parse = (text: string) => parseProfile('p.yaml', utf8(text));
const words = (text: string): string[] => parse(text).findings.map(formatFinding);

test('the published digest, the older checksum and every value of r2', () => {
  const { parsed, findings } = parse(R2);
  expect(findings).toEqual([]);
  expect(parsed?.sha256).toBe('0b1f3daa8eda80ea1981f1e0e73a131a7d5f53904b6bd27a64c88bcd10bc5937');
  expect(parsed && olderChecksum(parsed)).toBe('b1c5472a9904e051');
  expect(parsed?.profile).toEqual({
    version: 1,
    profileName: 'r2_production',
    strictValidation: true,
    acceptance: { coverageTarget: 0.9, minDecisions: 1 },
    kappaThresholds: { tauD: 0.3, tauP: 0.7 },
    preloop: { maxNoopRatio: 0.6, zeroBudgetTolerance: 0, requireTrigger: true },
    monitoring: { mainLoopStartedRatioMin: 0.95, skipRatioMax: 0.3 },
    profileLock: { enforced: true },
  });
});

test('enforcement is on unless the profile switches it off', () => {
  const off = parse(`${R2}profile_lock: {enforced: false}\n`).parsed;
  expect(off?.profile.profileLock.enforced).toBe(false);
});

describe('what is refused, and where', () => {
  test.each<[string, string, string, ...string[]]>([
    [
      'a wrong type',
      'coverage_target: 0.9',
      'coverage_target: high',
      'p.yaml:2:20: acceptance.coverage_target: expected a number from 0 to 1, written like 0.95, found "high" [wrong-value]',
    ],
    ['a number as text', 'tau_d: 0.3', 'tau_d: "0.3"', 'p.yaml:5:10: kappa_thresholds.tau_d'],
    ['above the range', 'tau_p: 0.7', 'tau_p: 1.01', 'p.yaml:6:10: ', 'found 1.01'],
    ['below the range', 'tau_p: 0.7', 'tau_p: -0.1', 'p.yaml:6:10: ', 'found -0.1'],
    ['not a number', 'tau_p: 0.7', 'tau_p: .nan', 'p.yaml:6:10: ', 'found .nan'],
    ['an exponent', 'tau_p: 0.7', 'tau_p: 7e-1', 'p.yaml:6:10: ', 'found 7e-1'],
    ['a part of a count', 'min_decisions: 1', 'min_decisions: 1.0', 'p.yaml:3:18: ', 'found 1.0'],
    ['yes for true', 'require_trigger: true', 'require_trigger: yes', 'p.yaml:10:20: ', '"yes"'],
    ['nothing', 'require_trigger: true', 'require_trigger:', 'p.yaml:10:', 'found nothing'],
    ['another version', 'version: 1', 'version: 2', 'p.yaml:15:12: ', 'expected 1, found 2'],
    ['an odd name', 'r2_production', 'R2 prod', 'p.yaml:16:17: ', 'expected a name of'],
    [
      'an unknown key',
      'skip_ratio_max: 0.3',
      'skip_ratio_max: 0.3\n  skip_ratio_maxx: 0.4',
      'p.yaml:14:3: monitoring: unknown key "skip_ratio_maxx"',
      'hint: did you mean "skip_ratio_max"?',
    ],
    ['an unknown section', 'preloop:', 'extra: 1\npreloop:', 'p.yaml:7:1: unknown section "extra"'],
    [
      'a key twice',
      'tau_d: 0.3',
      'tau_d: 0.3\n  tau_d: 0.4',
      'p.yaml:6:3: kappa_thresholds.tau_d: duplicate key "tau_d"; it is first on line 5',
    ],
    ['a section twice', 'schema:', 'preloop: {}\nschema:', 'p.yaml:14:1: ', 'duplicate key'],
    ['a missing key', '  tau_d: 0.3\n', '', 'p.yaml:4:1: kappa_thresholds: missing key "tau_d"'],
    ['a tab', '  tau_d', '\ttau_d', 'p.yaml:5:1: ', 'found a tab'],
    ['two documents', 'schema:', '---\nschema:', 'p.yaml:', 'one document'],
  ])('%s', (_name, from, to, ...expected) => {
    expect(R2).toContain(from);
    const text = words(R2.replace(from, to)).join('\n');
    for (const part of expected) expect(text).toContain(part);
  });

  test('a file without a section: every section is named with its keys', () => {
    expect(words('{}\n')).toHaveLength(5);
    expect(words('{}\n')[1]).toContain('hint: expected it with tau_d, tau_p');
  });

  test.each([
    ['', 'p.yaml:1:1: the file is empty'],
    ['just text', 'found "just text"'],
    ['[1, 2]', 'found a list'],
    ['preloop: 5', 'p.yaml:1:10: preloop: expected the keys max_noop_ratio, '],
    ['a: 1', 'p.yaml:1:1: unknown section "a"'],
    ['a: &a [*a]', 'bad-alias'],
  ])('%j', (text, expected) => {
    expect(words(text).join('\n')).toContain(expected);
  });

  test('an alias bomb, a nest of brackets, a huge file and bytes that are no text', () => {
    const bomb = Array.from({ length: 9 }, (_, level) => {
      const inside =
        level === 0
          ? '"x"'
          : Array(9)
              .fill(`*a${level - 1}`)
              .join(', ');
      return `a${level}: &a${level} [${inside}]`;
    });
    expect(words(bomb.join('\n')).join('\n')).toContain('[bad-alias]');
    expect(words('['.repeat(200_000)).length).toBeGreaterThan(0);
    expect(words(`# ${'x'.repeat(PROFILE_BYTES_MAX)}`)[0]).toContain('at most 256 KiB');
    const bytes = Uint8Array.of(0x61, 0xff);
    expect(parseProfile('p.yaml', bytes).findings[0]?.code).toBe('not-utf8');
  });
});

describe('properties', () => {
  const value = fc.oneof(
    fc.constantFrom(0, 1, 0.5, -1, 2, true, false, null, 'r2_production', 'No', 1e10),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );

  test('comments, layout and the order of keys leave the digest alone', () => {
    const sections = R2.split(/\n(?=\w)/);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(sections, { minLength: sections.length }),
        fc.array(fc.stringMatching(/^[ -~]*$/), { minLength: 1, maxLength: 4 }),
        (order, comments) => {
          const text = order
            .map((section, index) => {
              const comment = comments[index % comments.length];
              return `# ${comment}\n\n${section.trimEnd()}   # ${comment}\n`;
            })
            .join('');
          expect(parse(text).parsed?.sha256).toBe(parse(R2).parsed?.sha256);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('one edited value changes the digest, and exactly its key is named', () => {
    const keys = PROFILE_KEYS.filter((key) => key.type === 'ratio');
    const edit = fc.tuple(fc.constantFrom(...keys), fc.integer({ min: 0, max: 1000 }));
    fc.assert(
      fc.property(edit, ([key, thousandths]) => {
        const [, name] = splitKey(key.path);
        const text = R2.replace(new RegExp(`${name}: .*`), `${name}: ${thousandths / 1000}`);
        const [before, after] = [parse(R2).parsed, parse(text).parsed];
        if (before === null || after === null) throw new Error('both are valid');
        const changes = diffNormalized(before.normalized, after.normalized);
        const isSame = before.sha256 === after.sha256;
        expect(changes?.map((change) => change.key)).toEqual(isSame ? [] : [key.path]);
      }),
      { numRuns: 100 },
    );
  });

  test('the published schema and the parser agree on every document', () => {
    const validate = new Ajv2020({ strict: true }).compile(PROFILE_SCHEMA);
    const good = parse(R2).parsed?.normalized ?? '';
    const edit = fc.tuple(fc.constantFrom(...PROFILE_KEYS), fc.option(value, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 2 }), (edits) => {
        const document: Record<string, Record<string, unknown>> = JSON.parse(good);
        for (const [key, to] of edits) {
          const [section, name] = splitKey(key.path);
          document[section] = { ...document[section], [name]: to };
        }
        // As people write numbers: JSON's 1e-7 is refused for its form, which a schema can't see.
        const text = JSON.stringify(document);
        if (/\de[-+]/.test(text)) return;
        const isValid = validate(JSON.parse(text));
        expect([text, parse(text).parsed !== null]).toEqual([text, isValid]);
      }),
      { numRuns: 300 },
    );
  });

  test('no bytes make it throw', () => {
    const piece = fc.constantFrom(...':#-[]{}&*!|>\'"%@`,? \n\t\r\u0000\ufeff<<: ~aé1.'.split(''));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.uint8Array({ maxLength: 40 }), (t, b) => {
        expect(parse(t.join('')).parsed).toBeNull();
        expect(parseProfile('p', b).parsed).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});
