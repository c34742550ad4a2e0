import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandTree } from '../../src/cli/completion/tree.ts';
import { exitCodeOf, gravest } from '../../src/cli/exit-codes.ts';
import { COMMANDS, GROUPS } from '../../src/cli/registry.ts';
import { type Bench, BIN, bench, ROOT } from './program.ts';

const wordsOf = (group: string): string[] =>
  COMMANDS.filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.slice(group.length + 1))
    .sort();

let here: Bench;
beforeAll(() => {
  here = bench('profiles');
});
afterAll(() => here.remove());

const VERSION = readFileSync(join(ROOT, 'VERSION'), 'utf8').trim();

describe('version', () => {
  test('VERSION is the one source', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(manifest.version).toBe(VERSION);
    expect(here.run('version')).toEqual({ code: 0, out: `auroractl ${VERSION}\n`, err: '' });
    expect(here.run('--version').out).toBe(`${VERSION}\n`);
  });

  test('-o json', () => {
    expect(JSON.parse(here.run('version', '-o', 'json').out)).toEqual({
      apiVersion: 'aurora/v1',
      kind: 'Version',
      version: VERSION,
      node: process.versions.node,
    });
    expect(here.run('version', '-o', 'yaml').out).toContain('kind: Version\n');
  });
});

describe('wrong calls: 2, error: and hint:, nothing on stdout', () => {
  test.each<[string[], string, string]>([
    [['lok'], "unknown command 'lok'", 'did you mean lock?'],
    [['plan', 'chek'], "unknown command 'chek'", 'did you mean check?'],
    [['lock', '--chek'], "unknown option '--chek'", 'did you mean --check?'],
    [['lock', '-o', 'xml'], 'xml', 'auroractl lock --help'],
    [['lock', '--check', '--dry-run'], '--dry-run', 'auroractl lock --help'],
    [['lock', '--profiles-dir', ''], 'empty', 'auroractl lock --help'],
    [['diff', 'r2'], "'b'", 'auroractl diff --help'],
    [['diff', 'r2', 'smoke', 'more'], 'too many arguments', 'auroractl diff --help'],
    [['keys', 'new'], '--out', 'auroractl keys --help'],
    [['plan'], 'needs a command', 'auroractl plan --help'],
    [[], 'needs a command', 'auroractl --help'],
    [['completion', 'tcsh'], 'no completion for "tcsh"', 'bash, zsh or fish'],
    [['ledger', 'show', '-1'], 'whole number, found "-1"', ''],
    [['ledger', 'show', 'x'], 'whole number', ''],
    [['ledger', 'list'], '.aurora/ledger.db does not exist', '--state'],
    [['ledger', 'list', '--since', 'yesterday'], '--since', ''],
    [['ledger', 'verify'], 'no key to verify with', '--vkey'],
    [['plan', 'check', 'gone.yaml'], 'gone.yaml does not exist', ''],
    [['plan', 'check', 'profiles'], 'profiles is a folder', ''],
    [['plan', 'show', 'profiles/r2.yaml', '--arg', 'x'], '--arg NAME=VALUE', ''],
  ])('%j', (words, message, hint) => {
    const { code, out, err } = here.run(...words);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^error: |\nerror: /);
    expect(err).toContain(message);
    if (hint !== '') expect(err.slice(err.indexOf('hint: '))).toContain(hint);
  });
});

describe('help', () => {
  test('names every command and loads none', () => {
    const { code, out, err } = here.run('--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const words = new Set(COMMANDS.map(({ name }) => name.split(' ')[0]));
    for (const word of words) expect(out).toMatch(new RegExp(`^  ${word} `, 'm'));
    expect(here.run('plan', '--help').out).toMatch(/^ {2}check /m);
  });

  test.each(COMMANDS.map((entry) => [entry.name, entry] as const))('%s', async (name, entry) => {
    const definition = await entry.load();
    expect(definition.name).toBe(name);
    expect(definition.summary).toBe(entry.summary);
    expect(definition.example.startsWith(`auroractl ${name}`)).toBe(true);
    const { code, out } = here.run(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Example:\n  ${definition.example}\n`);
    expect(out).toContain('Exit codes:');
  });

  test('every group has a summary, and every group has commands', () => {
    const groups = COMMANDS.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]] : []));
    expect(new Set(groups)).toEqual(new Set(Object.keys(GROUPS)));
  });
});

test('each kind of problem has its exit code; of several the gravest counts', () => {
  const codes = (
    [
      'usage',
      'invalid-file',
      'not-found',
      'lock-mismatch',
      'not-allowed',
      'conflict',
      'refused',
      'inconclusive',
      'unavailable',
      'integrity',
    ] as const
  ).map(exitCodeOf);
  expect(codes).toEqual([2, 2, 2, 3, 4, 4, 4, 5, 5, 6]);
  expect(gravest([0, 3, 2])).toBe(3);
  expect(gravest([])).toBe(0);
});

test('a bug exits 70 with a short trace and what to report, without values of options', () => {
  const breakage = "Date.now = () => { throw new TypeError('planted') }";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breakage)}` };
  const { code, out, err } = here.runWith(env, 'lock', '--profiles-dir', 'profiles', 'r2');
  expect(code).toBe(70);
  expect(out).toBe('');
  expect(err).toContain('error: a bug in Aurora: TypeError: planted\n');
  expect(err).toContain(`auroractl ${VERSION}, Node ${process.version}`);
  expect(err).toContain('called as: auroractl lock --profiles-dir ... r2\n');
  expect(err).toContain('hint: report');
  expect(err.split('\n').length).toBeLessThan(14);
});

test('colour is for terminals only', () => {
  expect(here.run('lok').err).not.toContain('\u001b');
  expect(here.runWith({ FORCE_COLOR: '1' }, 'lok').err).not.toContain('\u001b');
});

test("a hostile file's terminal escapes don't reach the terminal", () => {
  const { err } = here.run('lock', 'profiles/\u001b[2J.yaml');
  expect(err).not.toContain('\u001b');
});

test('a reader that stops reading is no failure', () => {
  const call = `"${process.execPath}" "${BIN}" completion bash | head -c 1; echo " \${PIPESTATUS[0]}"`;
  const out = execFileSync('bash', ['-c', call], { encoding: 'utf8' });
  expect(out).toBe('# 0\n');
});

test('Ctrl-C ends a command that waits for its input, at once', async () => {
  execFileSync('bash', ['-c', 'mkfifo "$0"', here.path('never-written')]);
  const words = [BIN, 'plan', 'check', here.path('never-written')];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGINT');
  // What a shell shows as 130.
  expect(await ended).toEqual([null, 'SIGINT']);
});

describe('an older Node', () => {
  const expected =
    /^error: auroractl needs Node 24 or newer; this is Node \d+\.\d+\.\d+\nhint: .+\n$/;

  test('is refused before anything is imported', () => {
    const older = 'Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
    const { code, out, err } = here.runWith(env, 'version');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(expected);
  });

  test('can read the program that refuses it', () => {
    const source = readFileSync(BIN, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const modern = /=>|\b(?:const|let|class|async|await|static)\b|\?\.|\?\?|\$\{|^import /m;
    expect(source).not.toMatch(modern);
  });

  test("this machine's own, where there is one", () => {
    const found = (process.env.PATH ?? '')
      .split(delimiter)
      .concat('/usr/bin', '/usr/local/bin')
      .map((folder) => join(folder, 'node'))
      .find((path) => existsSync(path) && majorOf(path) < 24);
    if (found === undefined) {
      console.log('left out: this machine has no Node older than 24');
      return;
    }
    const { status, stdout, stderr } = spawnSync(found, [BIN, 'version'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
  });

  function majorOf(node: string): number {
    return Number.parseInt(
      execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
      10,
    );
  }
});

describe('completion', () => {
  const script = (shell: string): string => here.run('completion', shell).out;

  test.each(['bash', 'zsh', 'fish'])('%s names every command and option', async (shell) => {
    const text = script(shell);
    for (const { words, options } of await commandTree()) {
      for (const { word } of words) expect(text).toContain(word);
      for (const { spellings } of options) {
        for (const one of spellings) expect(text).toContain(one.replace(/^--?/, ''));
      }
    }
  });

  test.each(['bash', 'zsh', 'fish'])('%s parses its script', (shell) => {
    if (spawnSync(shell, ['-c', 'true']).error !== undefined) {
      console.log(`left out: there is no ${shell} on this machine`);
      return;
    }
    const { status, stderr } = spawnSync(shell, ['-n'], { input: script(shell), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.each<[string, string[]]>([
    ['auroractl ver', ['version']],
    ['auroractl pl', ['plan']],
    ['auroractl plan ', wordsOf('plan')],
    ['auroractl lock --ch', ['--check']],
    ['auroractl lock -o ', ['json', 'table', 'wide', 'yaml']],
    ['auroractl lock r', ['r2']],
    ['auroractl diff r2 s', ['smoke']],
    ['auroractl plan check prof', ['profiles']],
    ['auroractl keys new --o', ['--out', '--output']],
    ['auroractl nonsense ', []],
  ])('bash offers after %j', (line, expected) => {
    const words = line.split(' ').map((word) => `'${word}'`);
    const test = `${script('bash')}
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _auroractl
printf '%s\\n' "\${COMPREPLY[@]}" | grep -v '^-h$\\|^--help$' | sort`;
    const { stdout } = spawnSync('bash', ['-c', test], { cwd: here.folder, encoding: 'utf8' });
    const offered = stdout.split('\n').filter((word) => word !== '');
    expect(offered).toEqual(expected);
  });
});

describe('keys new', () => {
  test('makes a key file for its owner alone and prints the public key for a plan', () => {
    const { code, out, err } = here.run('keys', 'new', '--out', 'alice.pem');
    expect(code).toBe(0);
    expect(out).toMatch(/^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=\n$/);
    expect(err).toContain('alice.pem');
    expect(statSync(here.path('alice.pem')).mode % 0o1000).toBe(0o600);
    const pem = readFileSync(here.path('alice.pem'), 'utf8');
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const derived = createPublicKey(pem).export({ format: 'der', type: 'spki' });
    expect(derived.toString('base64')).toBe(out.trim());
    expect(err + out).not.toContain(pem.split('\n')[1]);
  });

  test('never replaces a file', () => {
    here.run('keys', 'new', '--out', 'bob.pem');
    const before = readFileSync(here.path('bob.pem'), 'utf8');
    expect(here.run('keys', 'new', '--out', 'bob.pem')).toMatchObject({ code: 4, out: '' });
    expect(here.run('keys', 'new', '--out', 'bob.pem', '--dry-run').code).toBe(4);
    expect(readFileSync(here.path('bob.pem'), 'utf8')).toBe(before);
  });

  test('a dry run exits 2 and writes nothing', () => {
    const files = here.files();
    const { code, out } = here.run('keys', 'new', '--out', 'carol.pem', '--dry-run');
    expect([code, out]).toEqual([2, '']);
    expect(here.files()).toEqual(files);
  });
});

test('every file in src/cli/commands is in the registry', async () => {
  const names = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).name));
  const files = readdirSync(join(ROOT, 'src/cli/commands')).map((name) => name.replace('.ts', ''));
  expect(files.sort()).toEqual(names.map((name) => name.replace(' ', '-')).sort());
});
