import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Message } from '../../engine/ports.ts';
import { FileNotifier } from './file.ts';

let folder = '';
let server: Server;
let webhookUrl = '';
let posted: string[] = [];
let status = 200;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aurora-notify-'));
  [posted, status] = [[], 200];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      posted.push(body);
      // 0: takes it and never says so.
      if (status !== 0) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hush`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const message = (id: string): Message => ({ id, level: 'critical', title: 't', text: 'a\nb' });
const path = (): string => join(folder, 'notifications.jsonl');
const lines = (): Record<string, unknown>[] =>
  readFileSync(path(), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));

test('a message is one line of a private file, once, over restarts too', async () => {
  const notifier = new FileNotifier({ stateFolder: folder });
  const both = await Promise.all([notifier.send(message('a')), notifier.send(message('a'))]);
  expect(both.every(({ ok }) => ok)).toBe(true);
  await notifier.send(message('b'));
  await new FileNotifier({ stateFolder: folder }).send(message('a'));
  expect(lines().map(({ id }) => id)).toEqual(['a', 'b']);
  expect(lines()[0]).toMatchObject({ level: 'critical', title: 't', text: 'a\nb' });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test('a line that was cut short is sent again, and harms no other', async () => {
  await new FileNotifier({ stateFolder: folder }).send(message('a'));
  appendFileSync(path(), '{"id":"b","lev');
  await new FileNotifier({ stateFolder: folder }).send(message('b'));
  expect(lines().map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a webhook is told once, with the id to know it by', async () => {
  const options = { stateFolder: folder, webhookUrl };
  const notifier = new FileNotifier(options);
  await notifier.send(message('a'));
  await notifier.send(message('a'));
  await new FileNotifier(options).send(message('a'));
  expect(posted.map((body) => JSON.parse(body))).toEqual([{ dedupKey: 'a', ...message('a') }]);
});

test.each([
  ['answers 500', 500, 'the webhook did not take the message: it answered 500'],
  ['redirects', 302, 'the webhook did not take the message: it answered 302'],
  ['never answers', 0, 'the webhook did not take the message: no answer within 200 ms'],
])(
  'a webhook that %s is unavailable, and told again; the file has it once',
  async (_, bad, why) => {
    status = bad;
    const notifier = new FileNotifier({ stateFolder: folder, webhookUrl, webhookDeadlineMs: 200 });
    const lost = { ok: false, problem: { code: 'unavailable', message: why } };
    expect(await notifier.send(message('a'))).toMatchObject(lost);
    status = 200;
    expect((await notifier.send(message('a'))).ok).toBe(true);
    expect(posted).toHaveLength(2);
    expect(lines().map(({ id, delivered }) => id ?? delivered)).toEqual(['a', 'a']);
  },
);

test('no secret of the URL is told', async () => {
  const bad = new FileNotifier({ stateFolder: folder, webhookUrl: 'http://u:hush@127.0.0.1:1/' });
  const result = await bad.send(message('a'));
  expect(JSON.stringify(result)).toContain('unavailable');
  expect(JSON.stringify(result)).not.toContain('hush');
});

test('a disk that takes nothing is unavailable, and the webhook still hears of it', async () => {
  const occupied = join(folder, 'file');
  writeFileSync(occupied, '');
  const notifier = new FileNotifier({ stateFolder: join(occupied, 'state'), webhookUrl });
  const result = await notifier.send(message('a'));
  expect(result.ok ? '' : result.problem.code).toBe('unavailable');
  expect(posted).toHaveLength(1);
});
