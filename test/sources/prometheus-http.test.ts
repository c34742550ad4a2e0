/** What stands between Aurora and a Prometheus, and what else may answer in its place. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EvidenceHub } from '../../src/adapters/sources/evidence-hub.ts';
import { prometheusRange } from '../../src/adapters/sources/prometheus-range.ts';
import type { PrometheusServer } from '../../src/core/gate/check.ts';
import { PrometheusRig } from '../rig/prometheus.ts';
import { portOf } from '../splitter/splitter-rig.ts';
import { measuredPlan } from './measured-plan.ts';

const SECRET = 'hush-hush-hush';
const work = mkdtempSync(join(tmpdir(), 'aurora-prometheus-http-'));
const servers: Server[] = [];
let prometheus: PrometheusRig;

beforeAll(async () => {
  prometheus = await PrometheusRig.start([]);
  const secrets: [string, string, number][] = [
    ['token', `${SECRET}\n`, 0o600],
    ['basic', `eve:${SECRET}\n`, 0o400],
    ['wrong', 'another', 0o600],
    ['open', SECRET, 0o644],
    ['two', `${SECRET}\nx-other: 1`, 0o600],
    ['empty', '', 0o600],
  ];
  for (const [name, text, mode] of secrets) {
    writeFileSync(join(work, name), text);
    chmodSync(join(work, name), mode);
  }
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await prometheus?.stop();
  rmSync(work, { recursive: true });
});

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${portOf(server)}`;
}

/** Hands on to the real one what `admit` does not answer itself. */
async function proxy(admit: (...args: Parameters<RequestListener>) => boolean): Promise<string> {
  return await serverOf((asked, response) => {
    if (admit(asked, response)) return;
    const { method, url = '' } = asked;
    const onward = request(`${prometheus.url}${url}`, { method, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    onward.end();
  });
}

async function ask(parts: Partial<PrometheusServer>, query = 'vector(1)'): Promise<unknown> {
  const hub = new EvidenceHub({ servicesFolder: work, workFolder: work });
  const base = { url: prometheus.url, bearerFile: null, basicFile: null, deadlineMs: 2_000 };
  const server: PrometheusServer = { ...base, ...parts };
  const asked = { source: 'prometheus', query, server, form: 'number' } as const;
  const [found] = await hub.collect('sample', [{ check: 'c', query: asked }]);
  if (found === undefined) throw new Error('no answer');
  if (found.kind === 'number') return found.value;
  const said = 'reason' in found ? `${found.kind}: ${found.reason}` : found.kind;
  return said.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'URL');
}

test('a token or a password is sent as the file says at the time, and never told', async () => {
  const wanted = [`Bearer ${SECRET}`, `Basic ${Buffer.from(`eve:${SECRET}`).toString('base64')}`];
  const url = await proxy(({ headers }, response) => {
    if (wanted.includes(headers.authorization ?? '')) return false;
    response.writeHead(401).end(`no: ${headers.authorization}`);
    return true;
  });
  expect(await ask({ url, bearerFile: 'token' })).toBe(1);
  expect(await ask({ url, basicFile: 'basic' })).toBe(1);
  expect(await ask({ url })).toBe('error: URL/api/v1/query: it answered 401');
  expect(await ask({ url, bearerFile: 'wrong' })).toBe('error: URL/api/v1/query: it answered 401');
  writeFileSync(join(work, 'wrong'), SECRET);
  expect(await ask({ url, bearerFile: 'wrong' })).toBe(1);
});

test.each<[string, Partial<PrometheusServer>, string]>([
  ['that others may read', { bearerFile: 'open' }, 'open is open to others: chmod 600 open'],
  ['that is not there', { bearerFile: 'none' }, 'none does not exist'],
  ['of two lines', { bearerFile: 'two' }, 'two is not one token'],
  ['of nothing', { bearerFile: 'empty' }, 'empty is not one token'],
  ['without a user', { basicFile: 'token' }, 'token is not user:password'],
  ['of two lines of basic', { basicFile: 'two' }, 'two is not user:password'],
  ['that is a folder', { bearerFile: '.' }, '. is not a file'],
])('a file of credentials %s is refused', async (_, parts, wanted) => {
  expect(await ask(parts)).toBe(`error: URL/api/v1/query: ${wanted}`);
  const series = { kind: 'value', value: 'x{t="$track"}' } as const;
  const base = { url: prometheus.url, bearerFile: null, basicFile: null, deadlineMs: 1_000 };
  const server = { ...base, ...parts };
  const plan = measuredPlan(1_000, { m: [{}, { source: 'prometheus', series, server }] });
  const hub = new EvidenceHub({ servicesFolder: work, workFolder: work });
  const faults = hub.faults(plan).filter(({ code }) => code === 'not-allowed');
  expect(faults.map(({ message }) => message)).toEqual([`credentials of Prometheus: ${wanted}`]);
});

const json = (value: unknown): RequestListener => {
  return (_, response) => response.end(JSON.stringify(value));
};
const matrix = (values: unknown): RequestListener => {
  return json({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: {}, values }] },
  });
};
/** What JSON may hold in the place of a text, and no text can be made of. */
const ODD = { toString: 1, valueOf: 1 };
const vector = (result: unknown, more = {}) =>
  json({ status: 'success', data: { resultType: 'vector', result }, ...more });
const sample = { metric: {}, value: [1, '2'] };

test.each<[string, RequestListener, string]>([
  [
    'a page',
    (_, response) => response.end('<html>hello</html>'),
    'what it answered is not JSON: is it a Prometheus?',
  ],
  ['another API', json({ ok: true }), 'it answered in another form: is it a Prometheus?'],
  ['a list', json([]), 'it answered in another form: is it a Prometheus?'],
  ['not found', (_, response) => response.writeHead(404).end('<html>'), 'it answered 404'],
  ['an error at 200', json({ status: 'error', errorType: 'x', error: 'y' }), 'x: y'],
  [
    'a part of the answer',
    vector([sample], { warnings: ['store http://eve:hush@a/ is down'] }),
    'the answer is not whole, it warns: store http://***@a/ is down',
  ],
  [
    'a text',
    json({ status: 'success', data: { resultType: 'string', result: [1, 'x'] } }),
    "a string can't be read",
  ],
  [
    'a warning that is no text',
    vector([sample], { warnings: [ODD] }),
    'the answer is not whole, it warns: no text',
  ],
  ['an error of no type', json({ status: 'error', errorType: ODD, error: 'y' }), 'y'],
  [
    'a result of no type',
    json({ status: 'success', data: { resultType: ODD, result: [] } }),
    "a result of no type can't be read",
  ],
  [
    'a time beyond all',
    (_, response) =>
      response.end(
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1e999,"1"]}]}}',
      ),
    'its answer has a sample that is none',
  ],
  [
    'too many samples',
    matrix(Array.from({ length: 200_001 }, (_, i) => [i, '1'])),
    'its answer has more than 200000 samples',
  ],
  ['no result', json({ status: 'success', data: {} }), 'its answer has no result'],
  ['a bare sample', vector([[1, '2']]), 'its answer has a series without labels'],
  [
    'a number for a text',
    vector([{ metric: {}, value: [1, 2] }]),
    'its answer has a sample that is none',
  ],
  [
    'a word for a number',
    vector([{ metric: {}, value: [1, '0x1'] }]),
    'its answer has a sample that is none',
  ],
  [
    'a native histogram',
    vector([{ metric: {}, histogram: [1, {}] }]),
    'it found native histograms, which are not read',
  ],
  [
    'samples out of order',
    matrix([
      [2, '1'],
      [1, '1'],
    ]),
    'its answer has samples out of order',
  ],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: '/login?token=hush' }).end(),
    'it redirects to URL/login?token=***, which is not followed',
  ],
  [
    'no end',
    (_, response) => {
      const block = Buffer.alloc(1_048_576, 0x20);
      const more = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
    },
    'it answered more than 8388608 bytes',
  ],
])('%s is an error that says so', async (_, listener, wanted) => {
  const url = await serverOf(listener);
  const said = await ask({ url, deadlineMs: 20_000 });
  expect(said).toBe(`error: URL/api/v1/query: ${wanted}`);
});

test('nobody there', async () => {
  const said = await ask({ url: 'http://127.0.0.1:1' });
  expect(said).toMatch(/^error: URL\/api\/v1\/query: connect ECONNREFUSED/);
  expect(await ask({ url: 'prometheus.example' })).toBe(
    'error: (no valid URL)/api/v1/query: it is not an http or https URL',
  );
});

test('an answer that does not come in time', async () => {
  const url = await serverOf((_, response) => response.write('{'));
  const startedMs = performance.now();
  expect(await ask({ url, deadlineMs: 300 })).toBe(
    'error: URL/api/v1/query: no whole answer within 300 ms',
  );
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test.each([429, 502, 503, 504])('%i is asked again', async (status) => {
  let asked = 0;
  const url = await proxy((_, response) => {
    asked += 1;
    if (asked > 2) return false;
    response.writeHead(status, asked === 1 ? {} : { 'retry-after': '0' }).end();
    return true;
  });
  expect(await ask({ url })).toBe(1);
  expect(asked).toBe(3);
});

test('a connection that breaks is asked again', async () => {
  let asked = 0;
  const url = await proxy((_, response) => {
    asked += 1;
    if (asked > 1) return false;
    response.destroy();
    return true;
  });
  expect(await ask({ url })).toBe(1);
});

test.each([400, 401, 403, 404, 422, 500])('%i is not asked again', async (status) => {
  let asked = 0;
  const url = await serverOf((_, response) => {
    asked += 1;
    response.writeHead(status).end();
  });
  expect(await ask({ url })).toBe(`error: URL/api/v1/query: it answered ${status}`);
  expect(asked).toBe(1);
});

test('it is asked again at most three times, and as late as it wishes', async () => {
  const times: number[] = [];
  let after: Record<string, string> = {};
  const url = await serverOf((_, response) => {
    times.push(performance.now());
    response.writeHead(503, after).end();
  });
  expect(await ask({ url, deadlineMs: 20_000 })).toBe('error: URL/api/v1/query: it answered 503');
  expect(times).toHaveLength(4);
  times.length = 0;
  after = { 'retry-after': '30' };
  expect(await ask({ url })).toBe(
    'error: URL/api/v1/query: it answered 503 and wants to be asked later, the deadline is 2s',
  );
  expect(times).toHaveLength(1);
  after = { 'retry-after': new Date(Date.now() + 60_000).toUTCString() };
  expect(await ask({ url })).toMatch(/wants to be asked later/);
});

test('a range of the past is told whole or not at all', async () => {
  let asked = 0;
  const url = await proxy((_, response) => {
    asked += 1;
    if (asked < 3) return false;
    response.writeHead(500).end();
    return true;
  });
  const series = { kind: 'rate', events: 'a{t="$track"}', total: 'b{t="$track"}' } as const;
  const server = { url, bearerFile: null, basicFile: null, deadlineMs: 2_000 };
  const plan = measuredPlan(1_000, { m: [{}, { source: 'prometheus', series, server }] });
  const range = { fromMs: 1_000_000, toMs: 1_010_000, stepMs: 1_000 };
  const rows = await prometheusRange(server, plan.measurements, plan.metrics, range);
  expect(rows.ok ? '' : rows.problem).toMatchObject({ code: 'unavailable' });
  const { metrics } = plan;
  const none = await prometheusRange(server, [], metrics, range);
  expect(none.ok ? '' : none.problem.code).toBe('usage');
});
