import { type IncomingMessage, request, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerSocket } from './answer-problem.ts';
import { type DirectLimits, directRequest } from './direct-exchange.ts';
import { responseHeaders } from './headers.ts';
import type { Target } from './request-target.ts';
import type { Tally } from './tally.ts';

/**
 * An upgrade (WebSocket): the two connections become one. It is counted when the track has answered;
 * what happens on it afterwards is no request. It stays on its track until one end closes it.
 */
export function upgrade(
  tally: Tally,
  target: Target,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
  limits: DirectLimits,
): void {
  client.on('error', () => client.destroy());
  const upstream = tally.enter();
  if (upstream === null) return unreached();
  const upgradeHeaders = ['Connection', 'Upgrade', 'Upgrade', incoming.headers.upgrade ?? ''];
  const headers = [...target.head.headers, ...upgradeHeaders];
  const asked = request({ ...directRequest(upstream, incoming.method ?? 'GET', target), headers });
  let isSent = false;
  asked.setTimeout(limits.connectMs);
  asked.on('timeout', () => asked.destroy(new Error('time-out')));
  asked.on('socket', (socket) =>
    socket.once('connect', () => {
      isSent = true;
      asked.setTimeout(limits.answerMs);
    }),
  );
  const clientLeft = (): void => void asked.destroy();
  client.once('close', clientLeft);
  asked.on('upgrade', (answer, track, trackHead) => {
    const { setCookie } = tally.answered(101);
    client.write(headText(answer, setCookie));
    if (trackHead.length > 0) client.write(trackHead);
    if (head.length > 0) track.write(head);
    join(client, track, limits.streamIdleMs, tally);
  });
  asked.on('response', (answer) => {
    // The track prefers plain HTTP: its answer is passed on and the connection ends with it.
    const { setCookie } = tally.answered(answer.statusCode ?? 502);
    client.write(headText(answer, setCookie, 'Connection: close\r\n'));
    answer.pipe(client);
    answer.on('end', () => tally.finish(null, false));
    answer.on('error', () => {
      tally.finish('truncated', false);
      client.destroy();
    });
  });
  asked.on('error', () => {
    if (tally.isDone) return;
    if (client.destroyed) return tally.finish(null, true);
    if (!isSent) return unreached();
    tally.finish('truncated', false);
    answerSocket(client, 502);
  });
  asked.end();

  function unreached(): void {
    client.removeListener('close', clientLeft);
    if (!client.destroyed && tally.retryOnStable()) {
      return upgrade(tally, target, incoming, client, head, limits);
    }
    tally.finish('connect', client.destroyed);
    answerSocket(client, 503);
  }
}

function join(client: Duplex, track: Duplex, idleMs: number, tally: Tally): void {
  const end = (): void => {
    client.destroy();
    track.destroy();
    tally.finish(null, false);
  };
  for (const [from, to] of [
    [client, track],
    [track, client],
  ] as const) {
    from.pipe(to);
    from.on('error', end);
    from.on('close', end);
    if ('setTimeout' in from && typeof from.setTimeout === 'function') from.setTimeout(idleMs, end);
  }
  client.on('data', (chunk: Buffer) => tally.bytes('bytesIn', chunk.length));
  track.on('data', (chunk: Buffer) => tally.bytes('bytesOut', chunk.length));
}

function headText(answer: IncomingMessage, setCookie: string | null, extra = ''): string {
  const status = answer.statusCode ?? 502;
  const lines = [`HTTP/1.1 ${status} ${answer.statusMessage || STATUS_CODES[status]}`];
  const headers = responseHeaders(answer.rawHeaders);
  if (status === 101)
    headers.push('Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? '');
  if (setCookie !== null) headers.push('Set-Cookie', setCookie);
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join('\r\n')}\r\n${extra}\r\n`;
}
