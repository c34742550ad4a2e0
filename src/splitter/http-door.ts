import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { prng } from '../base/prng.ts';
import type { Limits } from '../protocol/service.ts';
import { answerProblem, answerSocket } from './answer-problem.ts';
import type { Assignment } from './assigner.ts';
import { DirectExchange } from './direct-exchange.ts';
import { Exchange } from './exchange.ts';
import { Mirror } from './mirror.ts';
import type { Plane } from './plane.ts';
import { requestTarget, type Target } from './request-target.ts';
import { Tally } from './tally.ts';
import { upgrade } from './upgrade.ts';

/** The service's door in HTTP mode. */
export interface Door {
  server: Server | import('node:net').Server;
  /** From now on each connection is told to end after its next answer. */
  sayGoodbye(): void;
  /** Connections that are open now. */
  connections(): number;
}

const TO_CANDIDATE: Assignment = { track: 'candidate', by: 'probe', setCookie: null };

/**
 * The door of those who may reach the candidate before it has a share: generated load. What comes in
 * here is measured as the candidate's, and never sent to stable. Once it has a share this door is
 * closed: the measured split would no longer be that of the weights.
 */
export function probeDoor(plane: Plane): Door {
  return doorTo(plane, () => (plane.split.candidatePct > 0 ? null : TO_CANDIDATE), null);
}

export function httpDoor(plane: Plane, seed: number): Door {
  const mirror = plane.traffic.mirrorPct > 0 ? new Mirror(plane, prng(seed)) : null;
  return doorTo(plane, (request) => plane.assigner.assign(request, plane.split), mirror);
}

function doorTo(
  plane: Plane,
  assign: (request: IncomingMessage) => Assignment | null,
  mirror: Mirror | null,
): Door {
  const { limits } = plane.traffic;
  let isLeaving = false;
  let connections = 0;
  const server = createServer(serverOptions(limits));
  server.maxConnections = limits.connections;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    socket.once('close', () => {
      connections -= 1;
    });
  });

  const direct = (request: IncomingMessage, response: ServerResponse): void => {
    if (isLeaving) response.shouldKeepAlive = false;
    const target = requestTarget(request);
    if (target === null) return answerProblem(request, response, 'bad-request');
    const assignment = assign(request);
    if (assignment === null) return answerProblem(request, response, 'closed');
    const tally = new Tally(plane, assignment);
    new DirectExchange(tally, target, request, response, limits).start();
  };
  server.on('request', (request, response) => {
    if (isLeaving) response.shouldKeepAlive = false;
    const target = requestTarget(request);
    if (target === null) return answerProblem(request, response, 'bad-request');
    if (isSpecial(request, target)) return direct(request, response);
    const assignment = assign(request);
    if (assignment === null) return answerProblem(request, response, 'closed');
    const copy = assignment.track === 'stable' ? mirror?.copy(request, target) : null;
    const tally = new Tally(plane, assignment);
    new Exchange(tally, target, request, response, limits.bodyIdleMs, copy ?? null).start();
  });
  server.on('checkContinue', direct);
  server.on('checkExpectation', (request, response) => {
    answerProblem(request, response, 'expectation');
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = requestTarget(request);
    if (target === null || isCleartextHttp2(request)) return answerSocket(socket, 400);
    const assignment = assign(request);
    if (assignment === null) return answerSocket(socket, 503);
    const tally = new Tally(plane, assignment);
    upgrade(tally, target, request, socket, head, limits);
  });
  server.on('connect', (_, socket: Duplex) => answerSocket(socket, 501));
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    answerSocket(socket, statusOf(error.code));
  });
  return {
    server,
    sayGoodbye: () => {
      isLeaving = true;
    },
    connections: () => connections,
  };
}

function serverOptions(limits: Limits): Parameters<typeof createServer>[0] {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    // A large body may take its time; limits.bodyIdleMs ends the one that has stopped.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    // Missing, empty, doubled: requestTarget answers all of them alike.
    requireHostHeader: false,
    noDelay: true,
    shouldUpgradeCallback: (request: IncomingMessage) => !isCleartextHttp2(request),
  } as Parameters<typeof createServer>[0];
}

/**
 * Upgraded to h2c the rest of the connection would pass by rules, weights and measurement: the offer
 * is not passed on, and the request is answered over HTTP/1.1 (RFC 9110, 7.8).
 */
function isCleartextHttp2({ headers }: IncomingMessage): boolean {
  return /(?:^|,)\s*h2c\s*(?:,|$)/i.test(headers.upgrade ?? '');
}

function isSpecial({ headers }: IncomingMessage, { path }: Target): boolean {
  return headers.trailer !== undefined || path === '*';
}

function statusOf(code: string | undefined): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return 400;
}
