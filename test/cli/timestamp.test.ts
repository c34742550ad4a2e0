/** Two local authorities as processes of their own, and a person's file between them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Bench, BIN, bench } from './program.ts';

const FILE = 'report.json';

let here: Bench;
const processes: ChildProcess[] = [];

interface Served {
  name: string;
  url: string;
  roots: string;
  process: ChildProcess;
}

/** Resolves once it has said where it answers. */
async function serve(name: string, ...more: string[]): Promise<Served> {
  const words = ['tsa', 'serve', '--folder', `tsa/${name}`, '--name', name, ...more];
  const child = spawn(process.execPath, [BIN, ...words], {
    cwd: here.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  processes.push(child);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  while (!err.includes(' answers at ')) {
    if (child.exitCode !== null) throw new Error(err);
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
  }
  const [entry] = parse(out).authorities;
  return { ...entry, process: child };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  return (await ended)[0];
}

function authorities(...served: Served[]): void {
  const entries = served.map(({ name, url, roots }) =>
    [`- name: ${name}`, `  operator: ${name} & co`, `  url: ${url}`, `  roots: ${roots}`]
      .concat('  policies: [1.3.6.1.4.1.32473.1.1]')
      .join('\n'),
  );
  const head = 'apiVersion: aurora/v1\nkind: TimestampAuthorities\nauthorities:\n';
  writeFileSync(here.path('timestamps.yaml'), `${head}${entries.join('\n')}\n`);
}

let alpha: Served;
let beta: Served;

beforeAll(async () => {
  here = bench();
  writeFileSync(here.path(FILE), '{"slo": 0.999}\n');
  [alpha, beta] = await Promise.all([serve('alpha'), serve('beta')]);
  authorities(alpha, beta);
}, 60_000);
afterAll(() => {
  for (const child of processes) child.kill('SIGKILL');
  here?.remove();
});

test('tsa serve keeps its key to itself, and throws the root’s away', () => {
  const names = here.files().filter((name) => name.startsWith('tsa/alpha/'));
  expect(names).toEqual(['root.pem', 'tsa.key', 'tsa.pem'].map((name) => `tsa/alpha/${name}`));
  expect(statSync(here.path('tsa/alpha/tsa.key')).mode % 0o1000).toBe(0o600);
  expect(alpha.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});

test('tsa check asks both', () => {
  const { code, out, err } = here.run('tsa', 'check', '-o', 'json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const view = JSON.parse(out);
  expect(view).toMatchObject({
    apiVersion: 'aurora/v1',
    kind: 'TimestampAuthorityCheck',
    result: 'pass',
  });
  expect(view.authorities).toMatchObject([
    { authority: 'alpha', token: 'verified', accuracyMs: 1000, offsetMs: 0, problem: null },
    { authority: 'beta', token: 'verified', signer: 'CN=beta timestamps, O=beta' },
  ]);
});

test('timestamp FILE: openssl accepts both tokens', () => {
  const { code, out, err } = here.run('timestamp', FILE);
  expect(err).toMatch(/^every operator says that it was there at /);
  expect(out).toMatch(/^AUTHORITY +OPERATOR +TOKEN +TIME +FILE\nalpha +alpha & co +verified /);
  expect(code).toBe(0);
  for (const { name, roots } of [alpha, beta]) {
    const words = ['ts', '-verify', '-data', FILE, '-in', `${FILE}.${name}.tsr`, '-CAfile', roots];
    const said = execFileSync('openssl', words, {
      cwd: here.folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(said).toContain('Verification: OK');
  }
});

test('--check asks nobody, and sees a changed byte of the file and of a token', () => {
  const before = here.files();
  const check = (...more: string[]) => here.run('timestamp', FILE, '--check', ...more);
  expect(check().code).toBe(0);
  const path = here.path(`${FILE}.beta.tsr`);
  const token = readFileSync(path);
  const changed = Buffer.from(token);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  writeFileSync(path, changed);
  expect(check()).toMatchObject({ code: 6, err: expect.stringContaining('does not match') });
  writeFileSync(path, token);
  const text = readFileSync(here.path(FILE));
  writeFileSync(here.path(FILE), '{"slo": 0.998}\n');
  expect(check()).toMatchObject({ code: 4, err: expect.stringContaining('its bytes differ') });
  writeFileSync(here.path(FILE), text);
  expect(here.files()).toEqual(before);
});

test('one is down: 5, visible; it comes back, and its token is fetched', async () => {
  writeFileSync(here.path('late.json'), 'x');
  expect(await end(beta.process, 'SIGTERM')).toBe(0);
  const first = here.run('timestamp', 'late.json');
  expect(first).toMatchObject({
    code: 5,
    err: expect.stringContaining('auroractl timestamp late.json'),
  });
  expect(first.out).toMatch(/^alpha .* verified .*\nbeta .* missing .*-/m);
  expect(here.run('tsa', 'check')).toMatchObject({
    code: 5,
    err: expect.stringContaining('beta: '),
  });
  // As if an hour had gone by since.
  const recordPath = here.path('late.json.timestamps.json');
  const record = JSON.parse(readFileSync(recordPath, 'utf8'));
  const firstAskedAt = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(recordPath, JSON.stringify({ ...record, firstAskedAt }));
  const port = new URL(beta.url).port;
  beta = await serve('beta', '--port', port);
  const second = here.run('timestamp', 'late.json', '-o', 'yaml');
  expect(second.code).toBe(0);
  expect(parse(second.out)).toMatchObject({ result: 'pass', tokens: [{}, { token: 'late' }] });
}, 60_000);

test('words that are off', async () => {
  const { port } = new URL(alpha.url);
  const refused = (code: number, says: RegExp, ...words: string[]): void => {
    const { code: got, err } = here.run(...words);
    expect(err).toMatch(says);
    expect(got, words.join(' ')).toBe(code);
  };
  refused(
    2,
    /none.yaml does not exist\nhint: name the auth/,
    'tsa',
    'check',
    '--authorities',
    'none.yaml',
  );
  refused(2, /missing.json does not exist/, 'timestamp', 'missing.json');
  refused(2, /expected --port/, 'tsa', 'serve', '--folder', 'x', '--port', '70000');
  refused(2, /expected --name/, 'tsa', 'serve', '--folder', 'x', '--name', 'a/b');
  refused(4, /holds other things/, 'tsa', 'serve', '--folder', '.');
  refused(4, /another program has it/, 'tsa', 'serve', '--folder', 'tsa/third', '--port', port);
  authorities({ ...alpha, roots: 'none.pem' }, beta);
  refused(2, /the roots of alpha: .*none.pem does not exist/, 'tsa', 'check');
  authorities(alpha);
  refused(2, /timestamps.yaml:4:3: .*at least two operators/, 'tsa', 'check');
  authorities({ ...alpha, roots: beta.roots }, beta);
  refused(6, /fail: alpha: none of the pinned roots/, 'tsa', 'check');
});

test('Ctrl-C ends it with 130', async () => {
  expect(await end(alpha.process, 'SIGINT')).toBe(130);
});
