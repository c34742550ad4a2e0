import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Why the splitter itself answers. */
export type ProxyProblem =
  | 'closed' // the probe door, once the candidate has a share
  | 'connect' // the track was not reached
  | 'broken' // it broke off before it answered
  | 'timeout' // it did not answer in time
  | 'bad-request' // there is no safe reading of the request
  | 'expectation' // nobody can meet it
  | 'slow-body' // the client stopped sending
  | 'not-supported'; // CONNECT

const STATUS: Readonly<Record<ProxyProblem, number>> = {
  closed: 503,
  connect: 503,
  broken: 502,
  timeout: 504,
  'bad-request': 400,
  expectation: 417,
  'slow-body': 408,
  'not-supported': 501,
};

/**
 * The splitter's own answer: short, named as its own (RFC 9209 Proxy-Status), and without a word
 * about what stands behind it. The connection is closed where the rest of a request is still on it.
 */
export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  why: ProxyProblem,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = STATUS[why];
  const text = `${STATUS_CODES[status]}\n`;
  const isOpenEnd = why === 'bad-request' || !request.complete;
  response.writeHead(status, {
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(text),
    'Proxy-Status': `aurora; error=${why}`,
    ...(isOpenEnd ? { Connection: 'close' } : {}),
  });
  response.end(text);
  if (isOpenEnd) request.resume();
}

/** For a connection on which no request could be read. */
export function answerSocket(socket: Duplex, status: number): void {
  if (!socket.writable) return void socket.destroy();
  const text = `${STATUS_CODES[status]}\n`;
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
    `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
  socket.end(head + text, () => socket.destroy());
}
