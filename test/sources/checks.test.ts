import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EvidenceHub } from '../../src/adapters/sources/evidence-hub.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Evidence, EvidenceQuery } from '../../src/core/gate/check.ts';
import { portOf } from '../splitter/splitter-rig.ts';

const NOW = 1_800_000_000_000;
let work = '';
let server: Server;
let base = '';
let [open, openMost] = [0, 0];

const answers: Record<string, RequestListener> = {
  '/json': (_, response) =>
    response.end('{"a":{"b":[{"c":4.5},2]},"flag":true,"text":"x","n":null}'),
  '/shares': (_, response) =>
    response.end(
      JSON.stringify({
        traced: { numerator: 214, denominator: 215 },
        queue: [
          { atMs: 1_000, value: 4 },
          { atMs: 2_000, value: 5.5 },
        ],
        mixed: [{ atMs: 1, value: 2 }, 3],
      }),
    ),
  '/text': (_, response) => response.end('hello'),
  '/down': (_, response) => response.writeHead(503).end('{"a":1}'),
  '/moved': (_, response) => response.writeHead(302, { location: '/json?api_key=hush' }).end(),
  '/large': (_, response) => response.end(Buffer.alloc(1_048_577, 0x20)),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"a":1');
    setTimeout(() => response.destroy(), 20);
  },
  '/slow': (_, response) => {
    open += 1;
    openMost = Math.max(openMost, open);
    setTimeout(() => {
      open -= 1;
      response.end('{"a":1}');
    }, 50);
  },
};

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'aurora-checks-'));
  server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${portOf(server)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(work, { recursive: true });
});

async function ask(...queries: EvidenceQuery[]): Promise<readonly Evidence[]> {
  const hub = new EvidenceHub({ servicesFolder: work, workFolder: work, now: () => NOW });
  return await hub.collect(
    'sample',
    queries.map((query, i) => ({ check: `c${i}`, query })),
  );
}

async function one(query: EvidenceQuery): Promise<unknown> {
  const [found] = await ask(query);
  if (found === undefined) throw new Error('no answer');
  return 'reason' in found ? `${found.kind}: ${found.reason}` : found;
}

test.each<[string, string, unknown]>([
  ['/json', 'a.b[0].c', { kind: 'number', value: 4.5, samples: 1, atMs: NOW }],
  ['/json', 'flag', { kind: 'number', value: 1 }],
  ['/json', 'a.b', { kind: 'items', items: ['{"c":4.5}', '2'], samples: 1 }],
  ['/down', 'status', { kind: 'number', value: 503 }],
  ['/json', 'latencyMs', { kind: 'number' }],
  ['/shares', 'traced', { kind: 'ratio', numerator: 214, denominator: 215 }],
  [
    '/shares',
    'queue',
    {
      kind: 'series',
      points: [
        [1_000, 4],
        [2_000, 5.5],
      ],
    },
  ],
  ['/shares', 'mixed', { kind: 'items', items: ['{"atMs":1,"value":2}', '3'] }],
])('http %s, field %s', async (path, field, wanted) => {
  expect(await one({ source: 'http', url: `http://${base}${path}`, field })).toMatchObject(
    wanted as object,
  );
});

test.each([
  [
    '/json',
    'text',
    'error: GET http://HOST/json: text is a text: a number, a list, a ratio, true or false is needed',
  ],
  ['/json', 'a.length', 'error: GET http://HOST/json: it has no field a.length'],
  ['/json', '__proto__', 'error: GET http://HOST/json: it has no field __proto__'],
  ['/json', 'a..b', 'error: GET http://HOST/json: "a..b" is no path such as a.b[0].c'],
  ['/text', 'a', 'error: GET http://HOST/text: it is not JSON'],
  ['/down', 'a', 'error: GET http://HOST/down answered 503'],
  ['/cut', 'a', 'error: GET http://HOST/cut: aborted'],
  ['/large', 'a', 'error: GET http://HOST/large: it answered more than 1048576 bytes'],
  [
    '/moved',
    'status',
    'error: GET http://HOST/moved: it redirects to http://HOST/json?api_key=***, which is not followed',
  ],
  ['/none?token=hush&x=1', 'a', 'error: GET http://HOST/none?token=***&x=1 answered 404'],
])('http %s, field %s is an error', async (path, field, wanted) => {
  const said = await one({ source: 'http', url: `http://${base}${path}`, field });
  expect(said).toBe(wanted.replaceAll('HOST', base));
});

test('http: user and password are sent, and never told', async () => {
  const said = await one({ source: 'http', url: `http://eve:hush@${base}/down`, field: 'a' });
  expect(said).toBe(`error: GET http://***@${base}/down answered 503`);
  const bad = await one({ source: 'http', url: 'http//eve:hush@x', field: 'a' });
  expect(bad).toBe('error: GET (no valid URL): it is not an http or https URL');
});

test('http: what was read is named by its digest', async () => {
  const [found] = await ask({ source: 'http', url: `http://${base}/json`, field: 'flag' });
  const text = '{"a":{"b":[{"c":4.5},2]},"flag":true,"text":"x","n":null}';
  expect(found).toMatchObject({ inputSha256: sha256(text), reducer: 'http-field@1' });
});

test.each<[string, string, unknown]>([
  ['exit 3', 'exit', { kind: 'number', value: 3 }],
  ['echo " 42.5 "', '', { kind: 'number', value: 42.5, inputSha256: sha256(' 42.5 \n') }],
  [`echo '{"failed":[]}'`, 'failed', { kind: 'items', items: [], samples: 1, atMs: NOW }],
  ['pwd | grep -q aurora-checks', 'exit', { kind: 'number', value: 0 }],
])('command %s, field "%s"', async (run, field, wanted) => {
  expect(await one({ source: 'command', run, field, timeoutMs: 5_000 })).toMatchObject(
    wanted as object,
  );
});

test.each([
  [
    `echo '{"failed":0}'; echo http://u:p@h/x >&2; exit 1`,
    'failed',
    /ended with code 1: http:\/\/\*\*\*@h\/x$/,
  ],
  ['echo 1; exit 2', '', /ended with code 2$/],
  ['echo one', '', /did not print a number$/],
  ['echo 0x10', '', /did not print a number$/],
  ['true', 'failed', /printed something else: it is empty$/],
  ['no-such-program', 'exit', /can't be run: .*not found$/],
  ['kill -9 $$', 'exit', /was ended by SIGKILL$/],
  ['head -c 2000000 /dev/zero', 'exit', /printed more than 1048576 bytes$/],
])('command %s, field "%s" is an error', async (run, field, wanted) => {
  const said = await one({ source: 'command', run, field, timeoutMs: 5_000 });
  expect(said).toMatch(/^error: `/);
  expect(said).toMatch(wanted);
});

test('command: at its deadline everything that it started ends', async () => {
  const mark = join(work, 'late');
  // TERM is ignored by both: only the group's KILL ends them.
  const run = `trap '' TERM; (sleep 0.9; touch ${mark}) & sleep 30`;
  const startedMs = performance.now();
  expect(await one({ source: 'command', run, field: 'exit', timeoutMs: 200 })).toMatch(
    /did not end within 200 ms and was stopped$/,
  );
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(existsSync(mark)).toBe(false);
});

test('file: as old as its last change', async () => {
  const path = join(work, 'report.json');
  writeFileSync(path, '{"lines":[{"pct":91.5}]}');
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  expect(await one({ source: 'file', path: 'report.json', field: 'lines[0].pct' })).toMatchObject({
    kind: 'number',
    value: 91.5,
    atMs: 1_700_000_000_000,
    inputSha256: sha256(readFileSync(path)),
  });
});

test('file: not there is none, not readable is an error', async () => {
  writeFileSync(join(work, 'bad.json'), Buffer.from([0x22, 0xff, 0x22]));
  writeFileSync(join(work, 'huge.json'), '{"a":1e999}');
  const file = (path: string) => one({ source: 'file', path, field: 'a' });
  expect(await file('none.json')).toBe('none: none.json does not exist');
  expect(await file('bad.json')).toBe('error: bad.json: it is not JSON');
  expect(await file('huge.json')).toBe('error: huge.json: a is beyond every number');
  expect(await file('.')).toBe('error: . is not a file');
});

test('at most eight checks are asked at once, and all are', async () => {
  const slow = { source: 'http', url: `http://${base}/slow`, field: 'a' } as const;
  const found = await ask(...new Array<EvidenceQuery>(20).fill(slow));
  expect(found.every(({ kind }) => kind === 'number')).toBe(true);
  expect(found.map(({ check }) => check)).toEqual(found.map((_, i) => `c${i}`));
  expect(openMost).toBe(8);
});
