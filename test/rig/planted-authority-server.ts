/** A planted authority at a port, answering each query as it is told at that moment. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readQuery } from '../../src/verify/timestamp/query.ts';
import { type PlantedAuthority, type TokenWords, timeText } from './planted-authority.ts';

export type Behaviour =
  | { kind: 'token'; clockOffMs?: number; words?: Partial<TokenWords>; delayMs?: number }
  | { kind: 'bytes'; status: number; type: string; body: Uint8Array | string; location?: string }
  | { kind: 'silent' }
  | { kind: 'half' };

export class PlantedAuthorityServer {
  behaviour: Behaviour = { kind: 'token' };
  asked = 0;
  readonly url: string;
  readonly #server: Server;
  readonly #authority: PlantedAuthority;

  private constructor(authority: PlantedAuthority, server: Server) {
    this.#authority = authority;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => this.#answer(new Uint8Array(Buffer.concat(parts)), response));
    });
  }

  static async start(authority: PlantedAuthority): Promise<PlantedAuthorityServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PlantedAuthorityServer(authority, server);
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(query: Uint8Array, response: ServerResponse): void {
    this.asked += 1;
    const { behaviour } = this;
    if (behaviour.kind === 'silent') return;
    if (behaviour.kind === 'half') {
      response.writeHead(200, {
        'content-type': 'application/timestamp-reply',
        'content-length': 900,
      });
      response.write('0');
      return;
    }
    if (behaviour.kind === 'bytes') {
      const { status, type, body, location } = behaviour;
      response.writeHead(status, { 'content-type': type, ...(location ? { location } : {}) });
      response.end(body);
      return;
    }
    const read = readQuery(query);
    if (!read.ok) throw new Error(read.problem.message);
    const { digestHex, nonceHex } = read.value;
    const genTime = timeText(Date.now() + (behaviour.clockOffMs ?? 0));
    const reply = this.#authority.reply({ digestHex, nonceHex, genTime, ...behaviour.words });
    const send = (): void => {
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
      response.end(reply);
    };
    setTimeout(send, behaviour.delayMs ?? 0);
  }
}
