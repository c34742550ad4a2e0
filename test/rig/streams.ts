import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

export interface StreamsOptions {
  port: number;
  streams: number;
  sockets: number;
  headers?: Readonly<Record<string, string>>;
}

export interface Broken {
  /** Since they were opened. */
  atMs: number;
  kind: 'stream' | 'socket';
  index: number;
  error: string;
  /** Of the track that it led to; null: it never opened. */
  instance: string | null;
}

export interface StreamsReport {
  /** What was open at the end, unbroken since it was opened. */
  streams: number;
  sockets: number;
  broken: Broken[];
  chunks: number;
  echoes: number;
  /** How many led to each instance. */
  byInstance: Record<string, number>;
}

export interface Streams {
  readonly brokenSoFar: readonly Broken[];
  stop(): Promise<StreamsReport>;
}

const EVERY_MS = 100;
/** Longer without a chunk or an echo, and it counts as broken. */
const SILENCE_MS = 5_000;
const CHUNKS = 10_000_000;

/** One that is open: checks what comes, knows when it was last heard of. */
interface Line {
  instance: string | null;
  heard: number;
  heardMs: number;
  error: string | null;
  close: () => void;
  tick: () => void;
}

/**
 * Long answers and WebSockets that stay open. Every chunk must follow the one before, every message
 * (one each 100 ms) must come back in its turn. Resolves when all have been heard of once.
 */
export async function openStreams(options: StreamsOptions): Promise<Streams> {
  const startMs = performance.now();
  const broken: Broken[] = [];
  const open = (kind: Broken['kind'], count: number): Line[] =>
    Array.from({ length: count }, (_, index) => {
      const fail = (line: Line, error: string): void => {
        if (line.error !== null) return;
        line.error = error;
        const atMs = performance.now() - startMs;
        broken.push({ atMs, kind, index, error, instance: line.instance });
      };
      return kind === 'stream' ? openStream(options, fail) : openSocket(options, fail);
    });
  const [streams, sockets] = [open('stream', options.streams), open('socket', options.sockets)];
  const lines = [...streams, ...sockets];
  const timer = setInterval(() => {
    for (const line of lines) line.tick();
  }, EVERY_MS);
  while (lines.some(({ heard, error }) => heard === 0 && error === null)) await sleep(10);
  const stop = async (): Promise<StreamsReport> => {
    clearInterval(timer);
    const whole = (some: readonly Line[]): number =>
      some.filter(({ error }) => error === null).length;
    const heard = (some: readonly Line[]): number =>
      some.reduce((sum, line) => sum + line.heard, 0);
    const byInstance: Record<string, number> = {};
    for (const { instance } of lines) {
      if (instance !== null) byInstance[instance] = (byInstance[instance] ?? 0) + 1;
    }
    const report = {
      streams: whole(streams),
      sockets: whole(sockets),
      broken: [...broken],
      chunks: heard(streams),
      echoes: heard(sockets),
      byInstance,
    };
    for (const line of lines) {
      line.error ??= 'closed by us';
      line.close();
    }
    return report;
  };
  return { brokenSoFar: broken, stop };
}

type Fail = (line: Line, error: string) => void;

function newLine(fail: Fail): Line {
  const line: Line = {
    instance: null,
    heard: 0,
    heardMs: performance.now(),
    error: null,
    close: () => {},
    tick: () => {
      const silentMs = performance.now() - line.heardMs;
      if (silentMs > SILENCE_MS) fail(line, `silent for ${Math.round(silentMs)} ms`);
    },
  };
  return line;
}

function openStream({ port, headers = {} }: StreamsOptions, fail: Fail): Line {
  const line = newLine(fail);
  const path = `/stream?chunks=${CHUNKS}&everyMs=${EVERY_MS}`;
  const asked = get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
    line.instance = instanceOf(response);
    if (response.statusCode !== 200) fail(line, `status ${response.statusCode}`);
    response.on('error', (error) => fail(line, error.message));
    response.on('close', () => fail(line, 'ended'));
    let rest = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      const texts = (rest + piece).split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) {
        if (text !== String(line.heard)) fail(line, `${text} came in place of ${line.heard}`);
        line.heard += 1;
        line.heardMs = performance.now();
      }
    });
  });
  asked.on('error', (error) => fail(line, error.message));
  line.close = () => asked.destroy();
  return line;
}

function openSocket({ port, headers = {} }: StreamsOptions, fail: Fail): Line {
  const line = newLine(fail);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { ...headers } });
  let sent = 0;
  const checkSilence = line.tick;
  line.tick = () => {
    checkSilence();
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(`message ${sent}`);
    sent += 1;
  };
  socket.on('upgrade', (response) => {
    line.instance = instanceOf(response);
  });
  socket.on('message', (data) => {
    const text = String(data);
    if (text !== `message ${line.heard}`) fail(line, `${text} in place of message ${line.heard}`);
    line.heard += 1;
    line.heardMs = performance.now();
  });
  socket.on('error', (error) => fail(line, error.message));
  socket.on('close', (code) => fail(line, `closed with ${code}`));
  line.close = () => socket.terminate();
  return line;
}

function instanceOf({ headers }: IncomingMessage): string | null {
  return headers['x-sample-instance']?.toString() ?? null;
}
