import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Result } from '../../src/base/result.ts';
import { type Answer, bytes, echo, json, slow, stream } from './answers.ts';
import { Behaviour } from './behaviour.ts';
import { type ChangedKnobs, changedKnobs, sampleWords } from './changed-knobs.ts';
import type { Knobs } from './knobs.ts';
import { Leak } from './leak.ts';
import { Metrics } from './metrics.ts';

export interface ServiceOptions {
  port: number;
  version: string;
  instance: string;
  /** The environment, by name. */
  words: Readonly<Record<string, string | undefined>>;
  knobs: Knobs;
  seed: number;
  /** Drawn from with the seed; an instance whose name is not given draws as the nameless one. */
  seedName: string;
  crash: () => void;
}

/** A splitter keeps idle connections shorter than this, so that this side never closes one first. */
const KEEP_ALIVE_MS = 120_000;
const CLOSE_POLL_MS = 50;
const GOING_AWAY = 1_001;
const BODY_BYTES_MAX = 65_536;

/** The service itself: answers, misbehaves as its knobs say, and tells the truth about both. */
export class Service {
  private readonly options: ServiceOptions;
  private readonly server: Server;
  private readonly sockets: WebSocketServer;
  private readonly behaviour: Behaviour;
  private readonly metrics = new Metrics();
  private readonly leak = new Leak();
  private readonly answers: Readonly<Record<string, Answer>> = {
    '/echo': echo,
    '/stream': stream,
    '/slow': slow,
    '/bytes': bytes,
  };
  private words: Readonly<Record<string, string | undefined>>;
  private crashTimer: NodeJS.Timeout | null = null;
  private isStopping = false;

  constructor(options: ServiceOptions) {
    this.options = options;
    this.words = options.words;
    const { knobs, seed, seedName } = options;
    const nowMs = (): number => performance.now();
    this.behaviour = new Behaviour({ knobs, seed, name: seedName, nowMs });
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 };
    this.server = createServer(limits, (request, response) => this.take(request, response));
    this.sockets = new WebSocketServer({ noServer: true });
    this.server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (pathOf(request) !== '/ws' || this.isStopping) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, echoMessages);
    });
    this.sockets.on('headers', (headers: string[]) => {
      headers.push(`x-sample-version: ${options.version}`);
      headers.push(`x-sample-instance: ${options.instance}`);
    });
  }

  /** Rejects when the port is taken. The port, for those who asked for 0. */
  async listen(): Promise<number> {
    const { port } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', 4_096, resolve);
    });
    this.behaviour.listening();
    this.armCrash(this.behaviour.knobs);
    this.leak.change(this.behaviour.knobs.leak);
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Takes no new connection and returns when the last request is answered. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
    for (const client of this.sockets.clients) client.close(GOING_AWAY);
    // A connection whose last answer has just ended is idle, and would be kept.
    const timer = setInterval(() => this.server.closeIdleConnections(), CLOSE_POLL_MS);
    await closed;
    clearInterval(timer);
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const { version, instance } = this.options;
    response.setHeader('x-sample-version', version);
    response.setHeader('x-sample-instance', instance);
    if (this.isStopping) response.setHeader('connection', 'close');
    request.on('error', () => response.destroy());
    const broken = (): void => void response.destroy();
    const probe = this.probe(request);
    if (probe !== null) {
      void probe(response).catch(broken);
      return;
    }
    const startMs = performance.now();
    response.once('finish', () =>
      this.metrics.answered(response.statusCode, performance.now() - startMs),
    );
    void this.work(request, response).catch(broken);
  }

  /** Paths that are never slowed, failed or counted; null for all others. */
  private probe(request: IncomingMessage): ((response: ServerResponse) => Promise<void>) | null {
    const { version, instance } = this.options;
    switch (pathOf(request)) {
      case '/version':
        return drained(request, (response) => json(response, 200, { version, instance }));
      case '/health':
        return drained(request, (response) => {
          const { isReady } = this.behaviour;
          json(response, isReady ? 200 : 503, { ready: isReady, version, instance });
        });
      case '/metrics':
        return async (response) => {
          request.resume();
          const text = await this.metrics.text();
          response.writeHead(200, { 'content-type': this.metrics.contentType });
          response.end(text);
        };
      case '/knobs':
        return async (response) => this.turn(request, response);
      default:
        return null;
    }
  }

  private async work(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { isFailing, delayMs, isCrashing } = this.behaviour.next();
    if (isCrashing) this.options.crash();
    this.leak.request();
    if (delayMs > 0) await sleep(delayMs);
    if (response.destroyed) return;
    if (isFailing) {
      request.resume();
      json(response, 500, { error: 'as SAMPLE_ERROR_RATE or SAMPLE_DRIFT asks' });
      return;
    }
    const url = URL.parse(request.url ?? '/', 'http://sample');
    const path = url?.pathname ?? '/';
    const answer = Object.hasOwn(this.answers, path) ? this.answers[path] : undefined;
    if (answer === undefined || url === null) {
      const { version, instance } = this.options;
      request.resume();
      json(response, 200, { path, version, instance });
      return;
    }
    const fault = await answer(request, response, url.searchParams);
    if (fault === null) return;
    request.resume();
    json(response, 400, { error: fault });
  }

  /** GET tells the knobs, PUT turns some of them. */
  private async turn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'PUT') {
      request.resume();
      json(response, 200, sampleWords(this.words));
      return;
    }
    const changed = await this.readTurn(request);
    if (!changed.ok) {
      json(response, 400, { error: changed.problem.message });
      return;
    }
    this.words = changed.value.words;
    const { knobs } = changed.value;
    const before = this.behaviour.knobs;
    this.behaviour.change(knobs);
    if (JSON.stringify(before.leak) !== JSON.stringify(knobs.leak)) this.leak.change(knobs.leak);
    if (JSON.stringify(before.crashAfter) !== JSON.stringify(knobs.crashAfter)) {
      this.armCrash(knobs);
    }
    json(response, 200, sampleWords(this.words));
  }

  private async readTurn(request: IncomingMessage): Promise<Result<ChangedKnobs>> {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) {
      text += piece;
      if (text.length > BODY_BYTES_MAX) break;
    }
    return changedKnobs(this.words, text);
  }

  private armCrash({ crashAfter }: Knobs): void {
    if (this.crashTimer !== null) clearTimeout(this.crashTimer);
    this.crashTimer = null;
    if (crashAfter?.kind !== 'time') return;
    this.crashTimer = setTimeout(this.options.crash, crashAfter.ms);
    this.crashTimer.unref();
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function drained(
  request: IncomingMessage,
  answer: (response: ServerResponse) => void,
): (response: ServerResponse) => Promise<void> {
  return async (response) => {
    request.resume();
    answer(response);
  };
}

function echoMessages(socket: WebSocket): void {
  socket.on('error', () => socket.terminate());
  socket.on('message', (message: Buffer, isBinary: boolean) => {
    socket.send(message, { binary: isBinary });
  });
}
