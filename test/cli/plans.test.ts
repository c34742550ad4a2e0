import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { callAdmin } from '../../src/process/admin-client.ts';
import { socketPath } from '../../src/process/socket-path.ts';
import { type Bench, bench } from './program.ts';
import { makeState } from './state.ts';

let here: Bench;
beforeEach(() => {
  here = bench('profiles', 'plans', 'docs/examples');
});
afterEach(() => here.remove());

const PLAN = 'plans/smoke.yaml';
const LOCK = 'plans/smoke.lock.json';

function breakPlan(): void {
  const text = readFileSync(here.path(PLAN), 'utf8');
  writeFileSync(here.path('broken.yaml'), `${text}\nunknownKey: 1\n`);
}

describe('plan check', () => {
  test('valid plans: 0', () => {
    const { code, out, err } = here.run('plan', 'check', PLAN);
    expect({ code, out, err }).toEqual({ code: 0, out: `${PLAN}: valid\n`, err: '' });
  });

  test('errors with their place: 2; the others are still checked', () => {
    breakPlan();
    const { code, out, err } = here.run('plan', 'check', 'broken.yaml', PLAN);
    expect(code).toBe(2);
    expect(out).toMatch(/^broken\.yaml:\d+:1: .*unknownKey/m);
    expect(out).toContain(`${PLAN}: valid\n`);
    expect(err).toBe('error: 1 of 2 plans cannot be used\n');
  });

  test('-o json', () => {
    breakPlan();
    const { out } = here.run('plan', 'check', '-o', 'json', 'broken.yaml', PLAN);
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'aurora/v1',
      kind: 'PlanCheckList',
      items: [
        { file: 'broken.yaml', valid: false, findings: [{ level: 'error', column: 1 }] },
        { file: PLAN, valid: true, findings: [] },
      ],
    });
  });

  test('10 MB are refused with a place, quickly', () => {
    writeFileSync(here.path('huge.yaml'), `# ${'x'.repeat(10_000_000)}\n`);
    const { code, out } = here.run('plan', 'check', 'huge.yaml');
    expect(code).toBe(2);
    expect(out).toMatch(/^huge\.yaml:1:1: /);
  });
});

describe('plan show', () => {
  test('prints a plan file that resolves to the same plan', () => {
    const { code, out } = here.run('plan', 'show', PLAN);
    expect(code).toBe(0);
    writeFileSync(here.path('shown.yaml'), out);
    const again = here.run('plan', 'show', 'shown.yaml', '-o', 'json');
    expect(again.out).toBe(here.run('plan', 'show', PLAN, '-o', 'json').out);
    expect(JSON.parse(again.out)).toMatchObject({ apiVersion: 'aurora/v1', kind: 'Plan' });
  });

  test('an invalid plan: 2 with its errors, nothing on stdout', () => {
    breakPlan();
    const { code, out, err } = here.run('plan', 'show', 'broken.yaml');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: broken\.yaml has .*\nbroken\.yaml:\d+:1: /);
  });
});

describe('plan lock', () => {
  test('locks, checks, and names what has changed', () => {
    rmSync(here.path(LOCK), { force: true });
    expect(here.run('plan', 'lock', PLAN, '--check')).toMatchObject({
      code: 3,
      err: expect.stringContaining('is not locked'),
    });
    const dry = here.run('plan', 'lock', PLAN, '--dry-run');
    expect(dry).toMatchObject({ code: 2, out: expect.stringContaining('would lock') });
    expect(here.files()).not.toContain(LOCK);
    expect(here.run('plan', 'lock', PLAN)).toMatchObject({ code: 0, err: '' });
    expect(here.run('plan', 'lock', PLAN, '--check').code).toBe(0);
    expect(here.run('plan', 'lock', PLAN).out).toContain('unchanged');
    const text = readFileSync(here.path(PLAN), 'utf8');
    writeFileSync(here.path(PLAN), `# a comment\n${text}`);
    expect(here.run('plan', 'lock', PLAN, '--check').code).toBe(0);
    const renamed = text.replace(/^name: .*$/m, 'name: another-name');
    expect(renamed).not.toBe(text);
    writeFileSync(here.path(PLAN), renamed);
    const { code, err } = here.run('plan', 'lock', PLAN, '--check');
    expect(code).toBe(3);
    expect(err).toMatch(/differs from its lock: name: "[a-z-]+" -> "another-name"\n/);
  });

  test('a lock that was edited is none', () => {
    here.run('plan', 'lock', PLAN);
    const lock = readFileSync(here.path(LOCK), 'utf8');
    for (const [from, to] of [
      ['"name": "', '"name": "x'],
      ['"service": "', '"service": "x'],
      ['"sha256": "', '"sha256": "0'],
    ] as const) {
      expect(lock).toContain(from);
      writeFileSync(here.path(LOCK), lock.replace(from, to));
      const { code, err } = here.run('plan', 'lock', PLAN, '--check');
      expect([code, err]).toEqual([3, expect.stringContaining('no sound lock')]);
    }
  });
});

/** Without a service and a promotion these have nothing to act on, and say so. */
const ANSWERS_ALONE: Readonly<Record<string, { code: number; err: RegExp }>> = {
  demo: { code: 2, err: /^1\. A good candidate: / },
  rehearse: { code: 2, err: /would rehearse bridge 1\.0\.0-rc\.1/ },
  diff: { code: 1, err: /^/ },
  canary: { code: 5, err: /^error: (?:stable ends as soon as|another program listens at) /m },
  init: { code: 2, err: /^error: no word of 'node v2\.js' is a file in .*\nhint: / },
  promote: { code: 2, err: /^would promote sample 1\.0\.0-rc\.1/ },
  'service add': { code: 0, err: /^web is known now/ },
  'service start': { code: 0, err: /^there are no services/ },
  'service stop': { code: 0, err: /^web is stopped/ },
  'service logs': { code: 2, err: /^error: web has written no log yet\nhint: / },
  logs: { code: 0, err: /^$/ },
  checklist: { code: 2, err: /^error: nothing is being promoted\nhint: / },
  pack: { code: 2, err: /^error: no promotion has ended yet\nhint: auroractl history/ },
  'ledger export': { code: 0, err: /^in .*reports:\n.*\n *openssl pkeyutl -verify/ },
  timestamp: { code: 2, err: /^error: .*\nhint: / },
  witness: { code: 0, err: /^the witness answers at http:/ },
  'ledger cosign': { code: 2, err: /^error: .*witness\.vkey does not exist/ },
  'tsa serve': { code: 0, err: /^alpha answers at http:/ },
  'tsa check': { code: 2, err: /^error: .*timestamps\.yaml/ },
  statement: { code: 2, err: /^error: no promotion shop-1\.1\.0/ },
  'slo report': { code: 2, err: /^error: no promotion shop-1\.1\.0/ },
  'ledger restore': { code: 2, err: /^error: published\.checkpoint does not exist/ },
  judge: { code: 0, err: /^intervals of 60 s, .*\ndispersion 1 is assumed/ },
  'controller stop': { code: 0, err: /^the controller is stopped\n/ },
  drill: { code: 2, err: /^error: there is no service web\nhint: / },
  ...Object.fromEntries(
    ['status', 'explain', 'pause', 'resume', 'retry', 'abort', 'rollback', 'halt', 'sign'].map(
      (name) => [name, { code: 2, err: /^error: nothing is being promoted\nhint: / }],
    ),
  ),
};
/** They speak to a controller, which makes a ledger of its own. */
const LIVE =
  /^(?:promote|list|status|history|checklist|logs|explain|pause|resume|retry|abort|rollback|halt|sign|controller \w+)$/;

test('the example of every command runs', async () => {
  await makeState(here.folder);
  here.run('plan', 'lock', PLAN);
  const live = here.path('live');
  mkdirSync(live);
  try {
    // `service start` before there is a service that it could start.
    const inOrder = COMMANDS.toSorted((a, b) => rankOf(a.name) - rankOf(b.name));
    for (const { name, load } of inOrder) {
      const { example } = await load();
      const words = [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => {
        return quoted ?? bare ?? '';
      });
      const env: Record<string, string> = LIVE.test(name) ? { AURORA_STATE: live } : {};
      const { code, out, err } = ['tsa serve', 'witness'].includes(name)
        ? here.runFor(10_000, ...words.slice(1))
        : here.runWith(env, ...words.slice(1));
      const expected = ANSWERS_ALONE[name] ?? { code: 0, err: /^$|^the key is the one|^wrote / };
      expect({ example, code, err }).toEqual({
        example,
        code: expected.code,
        err: expect.stringMatching(expected.err),
      });
      if (ANSWERS_ALONE[name] === undefined) expect(out).not.toBe('');
    }
  } finally {
    const socket = socketPath(live, 'controller');
    const call = { method: 'POST', path: '/stop', deadlineMs: 5_000 };
    if (socket.ok) await callAdmin(socket.value, call);
  }
}, 120_000);

function rankOf(name: string): number {
  return ['service list', 'service start', 'service add', 'service stop', 'service logs'].indexOf(
    name,
  );
}
