/**
 * An open loop at a fixed rate on raw sockets, a process of its own so that it can be pinned:
 *   node rate-client.ts <port> <requests per second> <seconds>
 * Prints {"all":…,"sent":…,"p50":…,"p99":…,"max":…}, `all` with those of the warm-up, milliseconds, from the write of a request to the last
 * byte of its answer. A timer of 1 ms sends what is due, never waiting for answers.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** More than a pause of a quarter of a second needs at 2,000 requests/s. */
const CONNECTIONS = 512;
const TICK_MS = 1;
const WARM_UP_MS = 500;
const [port = 0, ratePerSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const REQUEST = Buffer.from(
  `GET /a/path?q=1 HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\n` +
    'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n',
);

const idle: Line[] = [];
const latencies: number[] = [];
let warmUntilMs = Number.POSITIVE_INFINITY;

function end(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}

/** One connection with at most one request on it. */
class Line {
  private readonly socket: Socket;
  private sentMs = 0;
  private text = '';

  constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (piece: string) => this.take(piece));
    socket.on('close', () => end('a connection was closed'));
  }

  send(): void {
    this.sentMs = performance.now();
    this.socket.write(REQUEST);
  }

  private take(piece: string): void {
    this.text += piece;
    const head = this.text.indexOf('\r\n\r\n');
    if (head < 0) return;
    if (!this.text.startsWith('HTTP/1.1 200')) end(this.text.slice(0, head));
    const length = /content-length: (\d+)/i.exec(this.text)?.[1];
    if (length === undefined) end('an answer of unknown length');
    if (this.text.length < head + 4 + Number(length)) return;
    this.text = '';
    const nowMs = performance.now();
    if (this.sentMs >= warmUntilMs) latencies.push(nowMs - this.sentMs);
    idle.push(this);
  }
}

for (let i = 0; i < CONNECTIONS; i += 1) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  idle.push(new Line(socket));
}
const startMs = performance.now();
warmUntilMs = startMs + WARM_UP_MS;
const endMs = warmUntilMs + seconds * 1_000;
let sent = 0;
const timer = setInterval(() => {
  const nowMs = performance.now();
  if (nowMs >= endMs) {
    clearInterval(timer);
    setTimeout(tell, 200);
    return;
  }
  for (const due = ((nowMs - startMs) * ratePerSecond) / 1_000; sent < due; sent += 1) {
    const line = idle.pop();
    if (line === undefined) end(`${CONNECTIONS} requests are open: the rate is not held`);
    line.send();
  }
}, TICK_MS);

function tell(): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  const report = { all: sent, sent: latencies.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}
