import { createHash, createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, bench } from './program.ts';

const V1 = "server = 'v1'";
const V2 = "server = 'v2'";
const COMMANDS = ['--stable', 'node v1.js', '--candidate', 'node v2.js'];

let here: Bench;
beforeEach(() => {
  here = bench();
  writeFileSync(here.path('v1.js'), V1);
  writeFileSync(here.path('v2.js'), V2);
});
afterEach(() => here.remove());

const read = (name: string): string => readFileSync(here.path(name), 'utf8');

test('writes a plan that is sound, two keys that are its people, and what git leaves alone', () => {
  const { code, out, err } = here.run('init', ...COMMANDS);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^wrote plan\.yaml: /) });
  expect(here.files()).toEqual(
    expect.arrayContaining([
      '.gitignore',
      'keys/release-manager-1.pem',
      'keys/sre-lead-1.pem',
      'plan.yaml',
    ]),
  );
  expect(here.run('plan', 'check', 'plan.yaml')).toEqual({
    code: 0,
    out: 'plan.yaml: valid\n',
    err: '',
  });
  const plan = JSON.parse(here.run('plan', 'show', 'plan.yaml', '-o', 'json').out);
  expect(plan).toMatchObject({
    service: 'web',
    decision: 'signed',
    release: {
      version: '1.1.0',
      candidate: '1.1.0-rc.1',
      command: 'node v2.js',
      artifacts: [{ name: 'v2.js', sha256: createHash('sha256').update(V2).digest('hex') }],
    },
  });
  for (const person of ['release-manager-1', 'sre-lead-1']) {
    const path = `keys/${person}.pem`;
    expect(statSync(here.path(path)).mode & 0o777).toBe(0o600);
    const key = createPublicKey(read(path)).export({ format: 'der', type: 'spki' });
    expect(plan.people).toContainEqual({ id: person, publicKey: key.toString('base64') });
  }
  expect(read('.gitignore')).toBe('keys/\n.aurora/\n');
  expect(out.trimEnd().split('\n')).toEqual([
    "auroractl service add web --command 'node v1.js' --stable 1.0.0 --listen 127.0.0.1:8080 --interval 10s",
    'auroractl service start web',
    'auroractl promote plan.yaml -w',
    'auroractl sign --key keys/release-manager-1.pem --role release-manager --as release-manager-1',
    'auroractl sign --key keys/sre-lead-1.pem --role sre-lead --as sre-lead-1',
  ]);
});

test('the commands that it prints are understood', () => {
  const { out } = here.run('init', '--service', 'shop', ...COMMANDS);
  const [add = '', , promote = ''] = out.split('\n');
  const words = [...add.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  expect(here.run(...words.slice(1))).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^shop is known now/),
  });
  const dry = here.run(...promote.split(' ').slice(1, 3), '--dry-run');
  expect(dry.err).toContain('would promote shop 1.1.0-rc.1');
});

test('nothing is ever replaced', () => {
  expect(here.run('init', ...COMMANDS).code).toBe(0);
  const before = here.files().map((name) => [name, read(name)]);
  const again = here.run('init', ...COMMANDS);
  expect(again).toMatchObject({ code: 4, out: '' });
  expect(again.err).toMatch(/^error: plan\.yaml is there already\nhint: /);
  expect(here.files().map((name) => [name, read(name)])).toEqual(before);
  mkdirSync(here.path('other/keys'), { recursive: true });
  writeFileSync(here.path('other/v2.js'), V2);
  writeFileSync(here.path('other/keys/sre-lead-1.pem'), 'mine');
  const other = here.run('init', '--folder', 'other', ...COMMANDS);
  expect(other.err).toMatch(/^error: other\/keys\/sre-lead-1\.pem is there already\n/);
  expect(read('other/keys/sre-lead-1.pem')).toBe('mine');
  expect(here.files()).not.toContain('other/plan.yaml');
});

test('a .gitignore that is there keeps its lines', () => {
  writeFileSync(here.path('.gitignore'), 'node_modules\n/.aurora/');
  here.run('init', ...COMMANDS);
  expect(read('.gitignore')).toBe('node_modules\n/.aurora/\nkeys/\n');
});

test('files that the command does not name are named by --artifact', () => {
  const words = ['--stable', 'npm run v1', '--candidate', 'npm run v2'];
  const refused = here.run('init', ...words);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(/^error: no word of 'npm run v2' is a file .*\nhint: .*--artifact/);
  expect(here.run('init', ...words, '--artifact', 'v1.js', '--artifact', 'v2.js').code).toBe(0);
  const plan = JSON.parse(here.run('plan', 'show', 'plan.yaml', '-o', 'json').out);
  expect(plan.release.artifacts.map(({ name }: { name: string }) => name)).toEqual([
    'v1.js',
    'v2.js',
  ]);
});

describe('refused, with a hint, and nothing is written', () => {
  test.each([
    ['an address', ['--stable', 'node v1.js', '--candidate', 'http://127.0.0.1:1'], /files run at/],
    ['https', ['--stable', 'https://a', '--candidate', 'node v2.js'], /plain HTTP/],
    ['no folder', [...COMMANDS, '--folder', 'nowhere'], /nowhere is no folder/],
    ['an artifact outside', [...COMMANDS, '--artifact', '../v2.js'], /no file in \./],
    ['a link that leads outside', [...COMMANDS, '--artifact', 'link'], /no file in \./],
    ['a version', [...COMMANDS, '--stable-version', 'one'], /what follows one is not clear/],
    ['the same version', [...COMMANDS, '--candidate-version', '1.0.0'], /a version of its own/],
    ['a name', [...COMMANDS, '--service', 'My Shop'], /plan\.yaml:\d+:\d+: .*name/],
  ])('%s', (_, words, expected) => {
    symlinkSync('/etc/hostname', here.path('link'));
    const before = here.files();
    const { code, out, err } = here.run('init', ...words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(expected);
    expect(here.files()).toEqual(before);
  });
});
