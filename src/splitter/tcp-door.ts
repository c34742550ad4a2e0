import { connect, createServer, type Socket } from 'node:net';
import type { Door } from './http-door.ts';
import type { Plane } from './plane.ts';
import { Tally } from './tally.ts';

/**
 * The service's door in TCP mode, for HTTP/2, gRPC and TLS: bytes are passed through and weights
 * count connections. Nothing of a request is seen, so no latency, no status and no retry but on a
 * connection that was never made.
 */
export function tcpDoor(plane: Plane): Door {
  const { limits } = plane.traffic;
  let connections = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  server.maxConnections = limits.connections;
  server.on('connection', (client: Socket) => {
    connections += 1;
    client.once('close', () => {
      connections -= 1;
    });
    const track = plane.connectionAssigner.assign(plane.split);
    pass(new Tally(plane, { track, by: 'weight', setCookie: null }), client, plane);
  });
  return { server, sayGoodbye: () => {}, connections: () => connections };
}

function pass(tally: Tally, client: Socket, plane: Plane): void {
  const { limits } = plane.traffic;
  client.on('error', () => client.destroy());
  const unreached = (): void => {
    if (!client.destroyed && tally.retryOnStable()) return pass(tally, client, plane);
    tally.finish('connect', client.destroyed);
    client.destroy();
  };
  const upstream = tally.enter();
  if (upstream === null) return unreached();
  const { host, port } = upstream.place;
  const track = connect({ host, port, noDelay: true, allowHalfOpen: true });
  const timer = setTimeout(() => track.destroy(new Error('time-out')), limits.connectMs);
  let isConnected = false;
  let isBroken = false;
  track.on('connect', () => {
    isConnected = true;
    clearTimeout(timer);
    client.pipe(track);
    track.pipe(client);
    for (const one of [client, track]) one.setTimeout(limits.streamIdleMs, () => one.destroy());
  });
  client.on('data', (chunk: Buffer) => tally.bytes('bytesIn', chunk.length));
  track.on('data', (chunk: Buffer) => tally.bytes('bytesOut', chunk.length));
  // On the next turn: 'data' listeners alone would start the flow before there is a pipe.
  client.pause();
  track.on('error', () => {
    isBroken = true;
  });
  track.on('close', () => {
    clearTimeout(timer);
    if (!isConnected) return unreached();
    tally.finish(isBroken && !client.destroyed ? 'truncated' : null, false);
    client.destroy();
  });
  client.once('close', () => {
    if (!isConnected) tally.finish(null, true);
    track.destroy();
  });
}
