/** Authorities that are down, slow, wrong or lying, and what becomes of a file's tokens with them. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AskOptions } from '../../src/adapters/timestamps/ask-authority.ts';
import {
  type AuthorityServer,
  serveAuthority,
} from '../../src/adapters/timestamps/authority-server.ts';
import { LOCAL_POLICY, openLocalAuthority } from '../../src/adapters/timestamps/local-authority.ts';
import { timestampDigest } from '../../src/adapters/timestamps/timestamp-digest.ts';
import { timestampFile } from '../../src/adapters/timestamps/timestamp-file.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { AuthorityDefinition } from '../../src/core/timestamp/authority.ts';
import { stampsResult } from '../../src/core/timestamp/stamps-result.ts';
import { PlantedAuthority } from '../rig/planted-authority.ts';
import { type Behaviour, PlantedAuthorityServer } from '../rig/planted-authority-server.ts';

/** Generous: a token costs processes, and the machine may be busy. */
const DEADLINE_MS = 30_000;
const SHORT_MS = 700;
const DAY_MS = 86_400_000;

let folder: string;
let planted: PlantedAuthorityServer;
let local: AuthorityServer;
let alpha: AuthorityDefinition;
let beta: AuthorityDefinition;
let skewMs = 0;

const clock = { now: () => Date.now() + skewMs, monotonic: () => performance.now() };
const options = (deadlineMs = DEADLINE_MS): AskOptions => ({ clock, deadlineMs });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aurora-timestamps-'));
  const authority = await openLocalAuthority(join(folder, 'alpha'), 'alpha');
  if (!authority.ok) throw new Error(authority.problem.message);
  const served = await serveAuthority(authority.value, 0);
  if (!served.ok) throw new Error(served.problem.message);
  local = served.value;
  const policies = [LOCAL_POLICY];
  const rootsPem = readFileSync(authority.value.rootPath, 'utf8');
  alpha = { name: 'alpha', operator: 'Alpha', url: local.url, rootsPem, policies };
  const made = PlantedAuthority.make(join(folder, 'beta'));
  planted = await PlantedAuthorityServer.start(made);
  const betaRoots = made.pem('root');
  beta = { name: 'beta', operator: 'Beta', url: planted.url, rootsPem: betaRoots, policies };
}, 60_000);
afterAll(async () => {
  await Promise.all([local?.stop(), planted?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  planted.behaviour = { kind: 'token' };
  planted.asked = 0;
  skewMs = 0;
});

const reply = 'application/timestamp-reply';

const RULES: readonly {
  name: string;
  behaviour: Behaviour;
  deadlineMs?: number;
  code: 'unavailable' | 'refused' | 'integrity' | null;
  says?: RegExp;
}[] = [
  { name: 'both good', behaviour: { kind: 'token' }, code: null },
  { name: 'slow, in time', behaviour: { kind: 'token', delayMs: 500 }, code: null },
  {
    name: 'silent',
    behaviour: { kind: 'silent' },
    deadlineMs: SHORT_MS,
    code: 'unavailable',
    says: /within 700 ms/,
  },
  {
    name: 'half an answer',
    behaviour: { kind: 'half' },
    deadlineMs: SHORT_MS,
    code: 'unavailable',
    says: /within 700 ms/,
  },
  {
    name: 'a clock behind',
    behaviour: { kind: 'token', clockOffMs: -60_000 },
    code: 'integrity',
    says: /before this machine's clock; at most 6s/,
  },
  {
    name: 'a clock ahead',
    behaviour: { kind: 'token', clockOffMs: 60_000 },
    code: 'integrity',
    says: /after this machine's clock/,
  },
  {
    name: 'no usage',
    behaviour: { kind: 'token', words: { signer: 'no-usage' } },
    code: 'integrity',
    says: /for timestamps/,
  },
  {
    name: 'another nonce',
    behaviour: { kind: 'token', words: { nonceHex: '41' } },
    code: 'integrity',
    says: /nonce/,
  },
  {
    name: 'another digest',
    behaviour: { kind: 'token', words: { digestHex: '00'.repeat(32) } },
    code: 'integrity',
    says: /something else/,
  },
  {
    name: 'rejected',
    behaviour: { kind: 'token', words: { status: 2 } },
    code: 'refused',
    says: /rejected/,
  },
  {
    name: 'waiting',
    behaviour: { kind: 'token', words: { status: 3 } },
    code: 'unavailable',
    says: /waiting/,
  },
  {
    name: 'garbage',
    behaviour: { kind: 'bytes', status: 200, type: reply, body: 'garbage' },
    code: 'integrity',
    says: /timestamp response/,
  },
  {
    name: 'nothing',
    behaviour: { kind: 'bytes', status: 200, type: reply, body: '' },
    code: 'integrity',
    says: /empty/,
  },
  {
    name: "a proxy's page",
    behaviour: { kind: 'bytes', status: 200, type: 'text/html', body: '<p>' },
    code: 'integrity',
    says: /text\/html/,
  },
  {
    name: 'too much',
    behaviour: { kind: 'bytes', status: 200, type: reply, body: new Uint8Array(70_000) },
    code: 'integrity',
    says: /more than 65536 bytes/,
  },
  {
    name: 'its own fault',
    behaviour: { kind: 'bytes', status: 503, type: reply, body: '' },
    code: 'unavailable',
    says: /503/,
  },
  {
    name: 'not found',
    behaviour: { kind: 'bytes', status: 404, type: reply, body: '' },
    code: 'refused',
    says: /404/,
  },
  {
    name: 'elsewhere',
    behaviour: { kind: 'bytes', status: 307, type: reply, body: '', location: '/x' },
    code: 'refused',
    says: /307/,
  },
];

test.each(RULES)('$name', async ({ behaviour, deadlineMs, code, says }) => {
  planted.behaviour = behaviour;
  const digest = sha256('a checkpoint');
  // The good one has all the time that a busy machine needs.
  const [one, two] = await Promise.all([
    timestampDigest(digest, [alpha], options()),
    timestampDigest(digest, [beta], options(deadlineMs)),
  ]);
  expect(one).toMatchObject({ ok: true, value: [{ kind: 'given', authority: 'alpha' }] });
  if (code === null) {
    expect(two).toMatchObject({ ok: true, value: [{ kind: 'given', authority: 'beta' }] });
  } else {
    const problem = { code, message: expect.stringMatching(says ?? /./) };
    expect(two).toMatchObject({ ok: true, value: [{ kind: 'missing', problem }] });
  }
  expect(planted.asked).toBe(1);
});

test('down: nobody answers at the port', async () => {
  const gone = await PlantedAuthorityServer.start(PlantedAuthority.open(join(folder, 'beta')));
  const { url } = gone;
  await gone.stop();
  const asked = await timestampDigest(sha256('x'), [{ ...beta, url }], options());
  expect(asked).toMatchObject({ ok: true, value: [{ problem: { code: 'unavailable' } }] });
});

test('our own clock wrong: both say so, and neither is believed', async () => {
  skewMs = DAY_MS;
  const asked = await timestampDigest(sha256('x'), [alpha, beta], options());
  const problem = { code: 'integrity', hint: expect.stringContaining("machine's clock") };
  expect(asked).toMatchObject({ ok: true, value: [{ problem }, { problem }] });
});

test('roots that are none: refused before anyone is asked', async () => {
  const broken = { ...beta, rootsPem: 'nothing' };
  const asked = await timestampDigest(sha256('x'), [alpha, broken], options());
  const message = expect.stringContaining('roots of beta');
  expect(asked).toMatchObject({ ok: false, problem: { code: 'invalid-file', message } });
  expect(planted.asked).toBe(0);
});

test('the other one’s root does not help', async () => {
  const swapped = { ...beta, rootsPem: alpha.rootsPem };
  const asked = await timestampDigest(sha256('x'), [swapped], options());
  const problem = { message: expect.stringContaining('pinned roots') };
  expect(asked).toMatchObject({ ok: true, value: [{ problem }] });
});

/** A file of its own, and what became of it. */
function fileOf(name: string) {
  const path = join(folder, name);
  writeFileSync(path, `the bytes of ${name}`);
  const run = async (ask: AskOptions | null) => {
    const done = await timestampFile(path, [alpha, beta], ask);
    if (!done.ok) return done.problem;
    return { ...done.value, ...stampsResult(done.value.stamps) };
  };
  const openssl = (authority: string, root: string, ...more: string[]): string =>
    execFileSync(
      'openssl',
      ['ts', '-verify', '-in', `${path}.${authority}.tsr`, '-CAfile', join(folder, root), ...more],
      { encoding: 'utf8', stdio: 'pipe' },
    );
  return { path, run, openssl };
}

test('a file: two tokens beside it, which openssl verifies offline', async () => {
  const { path, run, openssl } = fileOf('report.json');
  expect(await run(null)).toMatchObject({ result: 'inconclusive' });
  expect(existsSync(`${path}.timestamps.json`)).toBe(false);
  expect(await run(options())).toMatchObject({
    result: 'pass',
    stamps: [{ isLate: false }, { isLate: false }],
  });
  const names = readdirSync(folder).filter((name) => name.startsWith('report.json.'));
  const kinds = ['alpha.tsq', 'alpha.tsr', 'beta.tsq', 'beta.tsr', 'timestamps.json'];
  expect(names.sort()).toEqual(kinds.map((kind) => `report.json.${kind}`));
  const roots = [
    ['alpha', 'alpha/root.pem'],
    ['beta', 'beta/root.pem'],
  ] as const;
  for (const [authority, root] of roots) {
    expect(openssl(authority, root, '-data', path)).toContain('Verification: OK');
    const query = `${path}.${authority}.tsq`;
    expect(openssl(authority, root, '-queryfile', query)).toContain('Verification: OK');
  }
  expect(() => openssl('alpha', 'beta/root.pem', '-data', path)).toThrow(/ts -verify/);
  // Again: nobody is asked for what is there.
  expect(await run(options())).toMatchObject({ result: 'pass' });
  expect(planted.asked).toBe(1);
  expect(await run(null)).toMatchObject({ result: 'pass' });
});

test('one is down: the other is kept, and what comes later is late', async () => {
  const { path, run } = fileOf('decision.json');
  planted.behaviour = { kind: 'bytes', status: 503, type: reply, body: '' };
  expect(await run(options())).toMatchObject({
    result: 'inconclusive',
    stamps: [{ kind: 'verified' }, { kind: 'missing', problem: { code: 'unavailable' } }],
  });
  const first = readFileSync(`${path}.alpha.tsr`);
  planted.behaviour = { kind: 'token' };
  // As if the first round had been an hour ago.
  const record = JSON.parse(readFileSync(`${path}.timestamps.json`, 'utf8'));
  const firstAskedAt = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(`${path}.timestamps.json`, JSON.stringify({ ...record, firstAskedAt }));
  const done = await run(options());
  expect(done).toMatchObject({ result: 'pass', stamps: [{}, { authority: 'beta', isLate: true }] });
  expect(readFileSync(`${path}.alpha.tsr`).equals(first)).toBe(true);
  expect(await run(null)).toMatchObject({ stamps: [{}, { isLate: true }] });
});

test('an authority that lies leaves no token behind, and is asked again', async () => {
  const { path, run } = fileOf('lied.json');
  planted.behaviour = { kind: 'token', words: { nonceHex: '41' } };
  expect(await run(options())).toMatchObject({ result: 'fail' });
  expect(existsSync(`${path}.beta.tsr`)).toBe(false);
  planted.behaviour = { kind: 'token' };
  expect(await run(options())).toMatchObject({ result: 'pass' });
});

test('other bytes, another token, a broken token, a broken record', async () => {
  const { path, run } = fileOf('kept.json');
  const other = fileOf('other.json');
  await Promise.all([run(options()), other.run(options())]);
  const asked = planted.asked;
  const kept = readFileSync(`${path}.alpha.tsr`);

  writeFileSync(`${path}.alpha.tsr`, readFileSync(`${other.path}.alpha.tsr`));
  const something = expect.stringContaining('something else');
  expect(await run(options())).toMatchObject({
    result: 'fail',
    stamps: [{ problem: { code: 'integrity', message: something } }, { kind: 'verified' }],
  });
  // The right token with another query: it does not answer it.
  writeFileSync(`${path}.alpha.tsr`, kept);
  renameSync(`${path}.alpha.tsq`, `${path}.saved`);
  writeFileSync(`${path}.alpha.tsq`, readFileSync(`${other.path}.alpha.tsq`));
  expect(await run(null)).toMatchObject({ result: 'fail' });
  // Without a query the imprint alone ties it to the file, as for whoever has only the token.
  rmSync(`${path}.alpha.tsq`);
  expect(await run(null)).toMatchObject({ result: 'pass' });
  renameSync(`${path}.saved`, `${path}.alpha.tsq`);

  writeFileSync(`${path}.alpha.tsr`, kept.subarray(0, 100));
  expect(await run(options())).toMatchObject({ result: 'fail' });
  writeFileSync(`${path}.alpha.tsr`, kept);

  writeFileSync(path, 'other bytes');
  expect(await run(options())).toMatchObject({ code: 'conflict' });
  writeFileSync(`${path}.timestamps.json`, '{}');
  expect(await run(options())).toMatchObject({ code: 'invalid-file' });
  expect(planted.asked).toBe(asked);
});

test('two runs at once: the first token stays, with the query that it answers', async () => {
  const { run } = fileOf('raced.json');
  const runs = await Promise.all([run(options()), run(options()), run(options())]);
  for (const one of runs) {
    if ('code' in one) expect(one).toMatchObject({ code: 'conflict' });
    else expect(one.result).toBe('pass');
  }
  expect(await run(null)).toMatchObject({ result: 'pass' });
});

test('no file, no authority', async () => {
  const missing = await timestampFile(join(folder, 'none'), [alpha, beta], null);
  expect(missing).toMatchObject({ ok: false, problem: { code: 'not-found' } });
  const isFolder = await timestampFile(folder, [alpha, beta], null);
  expect(isFolder).toMatchObject({ ok: false, problem: { code: 'invalid-file' } });
});

test('a local authority: opened again, and its folder refused where it is not its own', async () => {
  const again = await openLocalAuthority(join(folder, 'alpha'), 'alpha');
  expect(again.ok && readFileSync(again.value.rootPath, 'utf8')).toBe(alpha.rootsPem);
  expect(readdirSync(join(folder, 'alpha')).sort()).toEqual(['root.pem', 'tsa.key', 'tsa.pem']);
  const other = await openLocalAuthority(folder, 'x');
  expect(other).toMatchObject({ ok: false, problem: { code: 'conflict' } });
});

test.each([
  ['GET', 'application/timestamp-query', '', 405],
  ['POST', 'text/plain', 'x', 415],
  ['POST', 'application/timestamp-query', 'x'.repeat(70_000), 413],
])(
  'a local authority answers %s %s of its size with a status',
  async (method, type, body, status) => {
    const headers = { 'content-type': type };
    const sent = method === 'GET' ? { method, headers } : { method, headers, body };
    const response = await fetch(local.url, sent).catch(() => null);
    // It may break off an upload that it has refused already.
    if (status !== 413 || response !== null) expect(response?.status).toBe(status);
  },
);

test('a local authority rejects what it cannot read, by a reply', async () => {
  const headers = { 'content-type': 'application/timestamp-query' };
  const response = await fetch(local.url, { method: 'POST', headers, body: 'garbage' });
  expect([200, 500]).toContain(response.status);
});
