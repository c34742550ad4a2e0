/**
 * `plan check` on files: bad plans with the text that they must give, the plans that are shipped,
 * and texts that nobody wrote. AURORA_UPDATE=1 records the expected texts anew; read the diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFinding, parsePlan } from '../src/core/plan/check-plan.ts';
import { lockPlan } from '../src/core/plan/lock.ts';
import type { Plan } from '../src/core/plan/plan.ts';
import { showPlan } from '../src/core/plan/show.ts';

const ROOT = join(import.meta.dirname, '..');
const GOLDEN = join(ROOT, 'test/golden/plans');
const UPDATE = process.env.AURORA_UPDATE === '1';

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
}

/** `# args: name=value ...` in a golden file's head gives it arguments. */
function argumentsOf(text: string): Record<string, string> {
  const line = /^# args: (.*)$/m.exec(text)?.[1] ?? '';
  return Object.fromEntries(
    line
      .split(' ')
      .filter((part) => part.includes('='))
      .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
}

function report(file: string, text: string, args: Record<string, string> = {}): string {
  const { plan, findings } = parsePlan(file, text, args);
  const hasError = findings.some(({ level }) => level === 'error');
  expect(plan === null).toBe(hasError);
  return findings.map((finding) => `${formatFinding(finding)}\n`).join('');
}

function shipped(name: string): Plan {
  const text = readFileSync(join(ROOT, 'plans', name), 'utf8');
  const { plan, findings } = parsePlan(name, text, {});
  expect(findings.map(formatFinding)).toEqual([]);
  if (plan === null) throw new Error(`${name} is no plan`);
  return plan;
}

describe('bad plans', () => {
  const cases = namesIn(GOLDEN);

  test.each(cases)('%s', (name) => {
    const text = readFileSync(join(GOLDEN, name), 'utf8');
    const actual = report(name, text, argumentsOf(text));
    const golden = join(GOLDEN, name.replace('.yaml', '.txt'));
    if (UPDATE) writeFileSync(golden, actual);
    expect(actual).toBe(readFileSync(golden, 'utf8'));
  });

  test('there are enough of them, and the good one is good', () => {
    const texts = cases.map((name) =>
      readFileSync(join(GOLDEN, name.replace('.yaml', '.txt')), 'utf8'),
    );
    expect(texts.filter((text) => /^\S+:\d+:\d+: (?!warning)/m.test(text)).length).toBeGreaterThan(
      25,
    );
    expect(texts[cases.indexOf('good.yaml')]).toBe('');
  });
});

describe('hostile files', () => {
  const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]\n`,
  ).join('')}`;
  const large = `name: ${'x'.repeat(10 * 1_048_576)}\n`;

  test.each<[string, string, RegExp]>([
    [
      'an alias bomb',
      bomb,
      /^p:\d+:\d+: a\d.*expected aliases that expand to at most 10000 values/,
    ],
    ['an alias of itself', 'a: &x [*x]\n', /^p:1:8: a\[0\]: alias "\*x" contains itself/],
    ['10 MB', large, /^p:1:1: expected at most 1 MiB of text, found 10485767 characters/],
    ['brackets', '['.repeat(100_000), /^p:1:\d+: /],
    ['dashes', '- '.repeat(100_000), /^p:1:\d+: (expected at most 32 levels|.*very deep)/],
    ['unclosed arguments', `name: "${'${'.repeat(200_000)}"`, /^p:1:1: expected the key/],
    ['a long shorthand', `triggers: {a: "p95(${' '.repeat(500_000)} > 1"}`, /expected the key/],
    [
      'many keys',
      Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n'),
      /unknown key "k0"/,
    ],
    [
      'a prototype',
      '__proto__: {name: x}\nconstructor: 1\n',
      /p:1:1: expected a plain text as key/,
    ],
    ['zero bytes', '\u0000\u0000: \u0000', /^p:1:1: /],
  ])('%s', (_name, text, expected) => {
    const started = performance.now();
    expect(report('p', text)).toMatch(expected);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('any text', () => {
  const good = readFileSync(join(GOLDEN, 'good.yaml'), 'utf8');

  function sound(text: string): void {
    const { plan, findings } = parsePlan('f', text, {});
    expect(plan === null).toBe(findings.some(({ level }) => level === 'error'));
    const lines = text.split('\n').length;
    for (const finding of findings) {
      expect(finding.line).toBeGreaterThanOrEqual(1);
      expect(finding.line).toBeLessThanOrEqual(lines + 1);
      expect(finding.column).toBeGreaterThanOrEqual(1);
      expect(finding.message).not.toBe('');
      // One line each, and nothing of the schema validator's own words.
      expect(`${finding.message}${finding.hint ?? ''}`).not.toContain('\n');
      if (finding.code !== 'yaml-syntax') {
        expect(finding.message).not.toMatch(/\bmust (be|have|match|NOT)/);
      }
    }
    const places = findings.map(({ line, column }) => line * 1e6 + column);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  }

  test('of any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), sound), { numRuns: 300 });
  });

  test('of the words of YAML', () => {
    const word = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '- ',
      '  ',
      '[',
      ']',
      '{',
      '}',
      '&x',
      '*x',
      '"',
      '#',
    );
    const text = fc.array(word, { maxLength: 40 }).map((words) => words.join(''));
    fc.assert(fc.property(text, sound), { numRuns: 500 });
  });

  test('close to a plan', () => {
    const lines = good.split('\n');
    const edit = fc.tuple(
      fc.nat(lines.length - 1),
      fc.constantFrom<(line: string) => string>(
        () => '',
        (line) => `${line}\n${line}`,
        (line) => line.replace(/: .*/, ': []'),
        (line) => line.replace(/: .*/, ': 7'),
        (line) => line.replace(/: .*/, ':'),
        (line) => line.replace(/\d+/, '0'),
        (line) => line.replace(/\d+/, '-1e308'),
        (line) => line.replace(/[a-z]+/, 'x'),
        (line) => ` ${line}`,
        (line) => line.replace(/\{.*\}/, '{kind: value, x: y}'),
      ),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = [...lines];
        for (const [at, change] of edits) changed[at] = change(changed[at] ?? '');
        sound(changed.join('\n'));
      }),
      { numRuns: 600 },
    );
  });
});

describe('plans that are shipped', () => {
  const names = namesIn(join(ROOT, 'plans'));

  test('are clean, and one has every kind of phase', () => {
    const plans = names.map(shipped);
    expect(plans.length).toBeGreaterThanOrEqual(4);
    const kinds = plans.find(({ name }) => name === 'smoke')?.phases.map(({ kind }) => kind);
    expect(kinds).toEqual(['perimeter', 'soak', 'canary', 'decision', 'rollout', 'watch']);
  });

  test.each(names)('%s: what is shown reads as the same plan', (name) => {
    const plan = shipped(name);
    const again = parsePlan(name, showPlan(plan), {});
    expect(again.findings).toEqual([]);
    expect(again.plan).toEqual(plan);
    expect(lockPlan(plan).sha256).toBe(again.plan && lockPlan(again.plan).sha256);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('a split counted at the tracks is shown, and is part of the lock', () => {
    const text = readFileSync(join(ROOT, 'plans/smoke.yaml'), 'utf8');
    const scraped =
      'served: {kind: rate, advisory: true, from: {source: scrape, events: x, total: y}}';
    const counted = text
      .replace(/^metrics:$/m, `metrics:\n  ${scraped}`)
      .replace(/^judge:$/m, 'judge:\n  split: served');
    const [before, after] = [text, counted].map((one) => parsePlan('smoke.yaml', one, {}));
    expect(after?.findings).toEqual([]);
    expect(after?.plan?.judge).toEqual({ ...before?.plan?.judge, splitMetric: 'served' });
    const again = parsePlan('smoke.yaml', after?.plan ? showPlan(after.plan) : '', {});
    expect(again.plan).toEqual(after?.plan);
  });

  test('arguments reach the plan, comments and order do not', () => {
    const text = readFileSync(join(ROOT, 'plans/smoke.yaml'), 'utf8');
    const { plan } = parsePlan('smoke.yaml', text, { weight: '35', candidate: '1.0.0-rc.2' });
    const canary = plan?.phases.find(({ kind }) => kind === 'canary');
    expect(canary).toMatchObject({ weightPct: 35, durationMs: 60_000 });
    expect(plan?.release.candidate).toBe('1.0.0-rc.2');
    const moved = `# a word\n${text.replace('interval: 5s\nrule: matrix', 'rule: matrix # why\ninterval: 5000ms')}`;
    const other = parsePlan('smoke.yaml', moved, {}).plan;
    expect(other && lockPlan(other).sha256).toBe(lockPlan(shipped('smoke.yaml')).sha256);
  });

  test('the bridge plan says what its document says', () => {
    const plan = shipped('bridge-72h.yaml');
    expect(plan.triggers.slice(0, 5)).toEqual([
      {
        name: 'fill-low',
        kind: 'sustained',
        metric: 'fill',
        track: 'candidate',
        statistic: 'rate',
        op: '<',
        limit: 0.75,
        forMs: 900_000,
      },
      {
        name: 'rtt-slow',
        kind: 'sustained',
        metric: 'rtt',
        track: 'candidate',
        statistic: 'p95',
        op: '>',
        limit: 400,
        forMs: 900_000,
      },
      {
        name: 'provenance-low',
        kind: 'sustained',
        metric: 'provenance',
        track: 'candidate',
        statistic: 'rate',
        op: '<',
        limit: 0.9,
        forMs: 300_000,
      },
      {
        name: 'policy-slow',
        kind: 'sustained',
        metric: 'policy',
        track: 'candidate',
        statistic: 'p99',
        op: '>',
        limit: 50,
        forMs: 300_000,
      },
      { name: 'sev1', kind: 'incident', severityMax: 1 },
    ]);
    // 120 h of canary, 48 h of decision, 60 h that the rollout may take, in minutes.
    expect(plan.judge).toMatchObject({ horizonIntervals: (120 + 48 + 60) * 60 });
  });
});
