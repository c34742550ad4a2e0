/** Settings: who wins, and what is said of a file that is not sound. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, BIN, bench, type Outcome } from './program.ts';
import { makeState, SIGNED_ENTRIES } from './state.ts';

let here: Bench;
beforeEach(() => {
  here = bench();
});
afterEach(() => here.remove());

interface Item {
  name: string;
  value: string;
  from: string;
  at: string | null;
}

const USER = 'home/aurora/config.yaml';

function write(name: string, text: string): void {
  mkdirSync(join(here.path(name), '..'), { recursive: true });
  writeFileSync(here.path(name), text);
}
const view = (env: Record<string, string>, ...words: string[]): Outcome =>
  here.runWith({ XDG_CONFIG_HOME: here.path('home'), ...env }, 'config', 'view', ...words);
function stateBy(env: Record<string, string>, ...words: string[]): Item {
  const { out, err } = view(env, '-o', 'json', ...words);
  if (out === '') throw new Error(err);
  const items: Item[] = JSON.parse(out).items;
  const found = items.find(({ name }) => name === 'state');
  if (found === undefined) throw new Error(out);
  return found;
}

test('flag, then variable, then project file, then user file, then default', () => {
  write(USER, 'state: /of/user\n');
  write('aurora.yaml', '# ours\nstate: of-project\n');
  const variable = { AURORA_STATE: 'of-variable' };
  expect(stateBy(variable, '--state', 'of-flag')).toMatchObject({
    ...{ value: 'of-flag', from: 'flag', at: '--state' },
  });
  expect(stateBy(variable)).toMatchObject({
    ...{ value: 'of-variable', from: 'environment', at: 'AURORA_STATE' },
  });
  const place = `${here.path('aurora.yaml')}:2:8`;
  expect(stateBy({})).toMatchObject({
    ...{ value: here.path('of-project'), from: 'project file', at: place },
  });
  write('aurora.yaml', 'by: alice\n');
  expect(stateBy({})).toMatchObject({
    ...{ value: '/of/user', from: 'user file', at: `${here.path(USER)}:1:8` },
  });
  write(USER, '# state: /of/user\n');
  expect(stateBy({})).toMatchObject({ value: '.aurora', from: 'default', at: null });
});

test('a table for people, with every setting', () => {
  write('aurora.yaml', 'output: wide\nby: release-bot\nprofilesDir: p\n');
  const { code, out } = view({});
  expect(code).toBe(0);
  expect(out).toMatch(/^SETTING +VALUE +FROM +AT +VARIABLE\n/);
  expect(out).toMatch(/^state +\.aurora +default +- +AURORA_STATE$/m);
  expect(out).toMatch(/^output +wide +project file +\S+aurora\.yaml:1:9 +AURORA_OUTPUT$/m);
  expect(out).toMatch(/^by +release-bot +project file +\S+:2:5 +AURORA_BY$/m);
  expect(out).toMatch(/^profilesDir +\/\S+\/p +project file +\S+:3:14 +AURORA_PROFILES_DIR$/m);
});

describe('a file that is not sound is refused with its place, by every command that needs it', () => {
  test.each<[string, string, RegExp]>([
    ['an unknown key', 'sate: x\n', /aurora\.yaml:1:1: unknown key "sate"; did you mean "state"\?/],
    ['a list', '- state\n', /aurora\.yaml:1:1: expected settings/],
    ['no text', 'state: 7\n', /aurora\.yaml:1:8: state: expected a text/],
    ['a mapping', 'state: {a: b}\n', /aurora\.yaml:1:8: state: expected a text/],
    ['nothing behind it', 'state:\n', /aurora\.yaml:1:\d+: state: expected a text/],
    ['another format', 'output: xml\n', /aurora\.yaml:1:9: output: expected one of table, wide, /],
    ['a key twice', 'by: a\nby: b\n', /aurora\.yaml:2:1: duplicate key "by"/],
    ['broken YAML', 'state: [\n', /aurora\.yaml:\d+:\d+: /],
    ['several at once', 'sate: x\nby: 1\n', /:1:1: unknown key "sate".*\n.*:2:5: by: expected/],
  ])('%s', (_, text, message) => {
    write('aurora.yaml', text);
    const { code, out, err } = here.run('config', 'view');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/^error: .*[\s\S]*\nhint: /);
  });

  test('a flag does not hide it; help is still there, and so is completion', () => {
    write('aurora.yaml', 'sate: x\n');
    for (const words of [['ledger', 'list', '--state', '.'], ['version']]) {
      const { code, err } = here.run(...words);
      expect([code, err]).toEqual([2, expect.stringContaining('unknown key "sate"')]);
    }
    expect(here.run('ledger', 'list', '--help').code).toBe(0);
    expect(here.run('completion', 'bash').code).toBe(0);
  });

  test("a stranger's file is not followed", () => {
    if (process.getuid?.() !== 0) {
      process.stderr.write("left out: another user's file (only root can make one)\n");
      return;
    }
    write('aurora.yaml', 'state: elsewhere\n');
    chownSync(here.path('aurora.yaml'), 12_345, 12_345);
    chmodSync(here.path('aurora.yaml'), 0o644);
    // Root trusts root alone.
    const { code, err } = here.run('config', 'view');
    expect([code, err]).toEqual([4, expect.stringContaining('belongs to another user')]);
  });
});

test('the nearest file above counts, and a path in it begins there', async () => {
  await makeState(here.folder);
  write('aurora.yaml', 'state: .aurora\noutput: json\n');
  mkdirSync(here.path('deep/er'), { recursive: true });
  const { status, stdout } = spawnSync(process.execPath, [BIN, 'ledger', 'list'], {
    cwd: here.path('deep/er'),
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '' },
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout).items).toHaveLength(SIGNED_ENTRIES + 1);
});

test('a command with formats of its own is not meant by `output`', async () => {
  await makeState(here.folder);
  write('aurora.yaml', 'output: wide\n');
  expect(here.run('ledger', 'list').out).toMatch(/ACTOR/);
  expect(here.run('ledger', 'show', '1')).toMatchObject({ code: 0, err: '' });
  expect(here.runWith({ AURORA_OUTPUT: 'json' }, 'ledger', 'show', '1').out).not.toMatch(/^\{/);
  expect(here.runWith({ AURORA_OUTPUT: 'xml' }, 'ledger', 'list').code).toBe(2);
});
