/**
 * The laws of ARCHITECTURE.md, held mechanically. Each rule is also tried on a snippet that breaks
 * it, so that a rule that sees nothing is noticed.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const LINES_MAX = 300;

/** What the files of a folder may import; the first matching row decides. */
const RINGS: readonly { folder: string; may: readonly string[] }[] = [
  { folder: 'src/base/', may: ['src/base/', 'node:crypto', 'canonicalize'] },
  { folder: 'src/core/ledger/', may: ['src/base/', 'src/core/ledger/', 'src/core/attest/'] },
  { folder: 'src/core/attest/', may: ['src/base/', 'src/core/ledger/', 'src/core/attest/'] },
  { folder: 'src/core/', may: ['src/base/', 'src/core/', 'yaml', 'ajv', 'canonicalize'] },
  {
    folder: 'src/verify/',
    may: ['src/base/', 'src/core/', 'src/verify/', 'node:crypto', 'asn1js', 'openpgp'],
  },
  { folder: 'src/pack/', may: ['src/base/', 'src/core/', 'src/verify/', 'src/pack/', 'node:zlib'] },
  {
    folder: 'src/relverify/',
    may: ['src/base/', 'src/core/', 'src/verify/', 'src/pack/gzip.ts', 'src/relverify/', 'node:'],
  },
  { folder: 'src/engine/', may: ['src/base/', 'src/core/', 'src/engine/'] },
  {
    folder: 'src/adapters/',
    may: [
      ...['src/base/', 'src/core/', 'src/verify/', 'src/engine/ports.ts'],
      ...['src/process/', 'src/protocol/', 'OWN-FAMILY', 'PACKAGES'],
    ],
  },
  { folder: 'src/process/', may: ['src/base/', 'src/process/', 'node:', 'better-sqlite3'] },
  { folder: 'src/protocol/', may: ['src/base/', 'src/protocol/', 'typebox'] },
  {
    folder: 'src/keeper/',
    may: ['src/base/', 'src/process/', 'src/protocol/', 'src/keeper/', 'PACKAGES'],
  },
  {
    folder: 'src/splitter/',
    may: ['src/base/', 'src/process/', 'src/protocol/', 'src/splitter/', 'PACKAGES'],
  },
  { folder: 'src/load/', may: ['src/base/', 'src/protocol/', 'src/load/', 'PACKAGES'] },
  { folder: 'workloads/', may: ['src/base/', 'src/core/profile/', 'workloads/', 'PACKAGES'] },
  {
    folder: 'src/cli/',
    may: [
      ...['src/base/', 'src/core/', 'src/process/', 'src/protocol/', 'src/app.ts', 'src/cli/'],
      'src/pack/',
      'PACKAGES',
    ],
  },
  {
    folder: 'src/server/',
    may: [
      ...['src/base/', 'src/core/', 'src/process/', 'src/protocol/', 'src/server/'],
      ...['src/app-controller.ts', 'PACKAGES'],
    ],
  },
  { folder: 'src/app', may: ['src/', 'PACKAGES'] },
];

/** Words that do not occur in core: they would bring in a clock, chance, the world or an engine's maths. */
const CORE_BANS: readonly { word: RegExp; instead: string }[] = [
  { word: /\basync\b|\bawait\b|\bPromise\b/, instead: 'core is synchronous' },
  { word: /\bDate\.now\b|\bnew Date\(\)|\bperformance\b/, instead: 'take `now` as an argument' },
  { word: /\bMath\.random\b/, instead: 'take a seed; base/prng.ts' },
  {
    word: /\bMath\.(?:log|exp|pow|log1p|expm1|log2|log10|sin|cos)\b|\*\*/,
    instead: 'base/math.ts',
  },
  { word: /\bIntl\b|\blocaleCompare\b|\btoLocale/, instead: 'compare code units' },
  {
    word: /(?<![.\w])process\.(?:env|argv|exit|std|nextTick|hr|cwd|pid)|\bsetTimeout\b|\bsetInterval\b|\bqueueMicrotask\b/,
    instead: 'an effect',
  },
];
const EVERYWHERE_BANS: readonly { word: RegExp; instead: string }[] = [
  { word: /@ts-(?:ignore|expect-error|nocheck)|biome-ignore|eslint-disable/, instead: 'mend it' },
  { word: /\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b/, instead: 'do it, or open an issue' },
  { word: /\.(?:only|skip|todo)\(/, instead: 'a test that always runs' },
];

interface SourceFile {
  path: string;
  text: string;
}

function sourceFiles(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name))
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })),
  );
}

const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** The code without comments and string contents, lines kept, so that prose may name what is banned. */
function codeOnly(text: string): string {
  const blank = (match: string): string => match.replace(/[^\n]/g, ' ');
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replace(/(^|[^:])\/\/[^\n]*/g, '$1');
}

function importsOf(file: SourceFile): string[] {
  const name = `['"]([^'"]+)['"]`;
  const statements = new RegExp(
    [
      String.raw`^import\s+(?:[^'"]*?\sfrom\s+)?${name}`,
      String.raw`^export\s+(?:type\s+)?[*{][^'"]*?\sfrom\s+${name}`,
      String.raw`\bimport\(\s*${name}`,
    ].join('|'),
    'gm',
  );
  const found = [...file.text.matchAll(statements)];
  return found.map(([, ...names]) => {
    const target = names.find((one) => one !== undefined) ?? '';
    return target.startsWith('.') ? normalize(join(dirname(file.path), target)) : target;
  });
}

function ringFaults(file: SourceFile): string[] {
  const ring = RINGS.find(({ folder }) => file.path.startsWith(folder));
  if (!ring) return [];
  const family = file.path.split('/').slice(0, 3).join('/') + '/';
  const allowed = (target: string): boolean =>
    ring.may.some((entry) => {
      if (entry === 'OWN-FAMILY') return target.startsWith(family);
      if (entry === 'PACKAGES') return !target.startsWith('src/');
      if (entry.endsWith('/') || entry.endsWith(':')) return target.startsWith(entry);
      if (entry.startsWith('src/')) return target.startsWith(entry);
      return target === entry || target.startsWith(entry + '/');
    });
  return importsOf(file)
    .filter((target) => !allowed(target))
    .map((target) => `${file.path} may not import ${target}`);
}

function bannedWords(file: SourceFile, bans: typeof CORE_BANS, code: string): string[] {
  return code
    .split('\n')
    .flatMap((line, index) =>
      bans
        .filter(({ word }) => word.test(line))
        .map(({ instead }) => `${file.path}:${index + 1}: ${line.trim()} (instead: ${instead})`),
    );
}

const all = sourceFiles(['src', 'workloads', 'test', 'tools', 'bench']);
const shipped = all.filter(({ path }) => /^(?:src|workloads)\//.test(path) && !isTest(path));

test('rings: every folder imports only what its law allows', () => {
  expect(shipped.flatMap(ringFaults)).toEqual([]);
  expect(
    ringFaults({ path: 'src/core/gate/x.ts', text: "import { a } from 'node:fs'" }),
  ).toHaveLength(1);
  expect(
    ringFaults({ path: 'src/adapters/store/x.ts', text: "import { y } from '../traffic/y.ts'" }),
  ).toHaveLength(1);
  expect(
    ringFaults({ path: 'src/core/ledger/x.ts', text: "export { y } from '../plan/y.ts'" }),
  ).toHaveLength(1);
});

test('core has no clock, chance, I/O or engine-dependent maths', () => {
  const core = shipped.filter(({ path }) => path.startsWith('src/core/'));
  expect(core.flatMap((file) => bannedWords(file, CORE_BANS, codeOnly(file.text)))).toEqual([]);
  for (const bad of ['Date.now()', 'async () => 1', 'Math.log(2)', '2 ** 3', 'new Date()']) {
    expect(bannedWords({ path: 'x', text: bad }, CORE_BANS, codeOnly(bad)), bad).toHaveLength(1);
  }
});

test('no silenced checker, no left-over marker, no test that is left out', () => {
  const others = all.filter(({ path }) => path !== 'test/tidy.test.ts');
  expect(others.flatMap((file) => bannedWords(file, EVERYWHERE_BANS, file.text))).toEqual([]);
});

test(`no file above ${LINES_MAX} lines`, () => {
  const long = all
    .filter(({ path }) => !path.endsWith('.generated.ts'))
    .filter(({ path }) => !path.startsWith('test/') && !isTest(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines}`);
  expect(long).toEqual([]);
});

test('file names are kebab-case', () => {
  const odd = all.filter(
    ({ path }) => !/^[a-z0-9-]+(?:\.[a-z-]+)*\.ts$/.test(path.split('/').at(-1) ?? ''),
  );
  expect(odd.map(({ path }) => path)).toEqual([]);
});

test('what is committed speaks of Aurora alone', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && path !== 'LICENSE');
  const words = new RegExp(
    ['registry\\.npm' + 'js', 'regis' + 'try\\.yarn', '/ro' + 'ot/', '/wo' + 'rk/'].join('|'),
  );
  const faults = tracked.filter((path) => words.test(readFileSync(join(ROOT, path), 'utf8')));
  expect(faults.map((path) => relative('.', path))).toEqual([]);
});
