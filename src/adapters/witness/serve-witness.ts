import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  cosignatureLine,
  cosignedMessage,
  type WitnessKey,
} from '../../core/ledger/cosignature.ts';
import { judgeUpdate, type WitnessedLog } from '../../core/ledger/witness.ts';
import type { Clock, Signer } from '../../engine/ports.ts';
import { openWitnessFolder, type WitnessFolder } from './witness-folder.ts';

export interface WitnessServer {
  /** `http://127.0.0.1:7380/`: what `add-checkpoint` is appended to. */
  url: string;
  /** Ends when no answer is on its way any more. */
  stop(): Promise<void>;
}

export interface WitnessDefinition {
  folder: string;
  key: WitnessKey;
  signer: Signer;
  logs: readonly WitnessedLog[];
  clock: Clock;
  /** Of loopback unless another address is named: whoever opens it to a network puts TLS before it. */
  address: string;
  /** 0: a free one. */
  port: number;
}

const REQUEST_BYTES_MAX = 262_144;
const REQUEST_MS_MAX = 10_000;
const PATH = '/add-checkpoint';

/**
 * Cosigns checkpoints by HTTP (C2SP tlog-witness). A checkpoint is kept for good before its
 * cosignature leaves; between the check and the keeping nothing else runs. `conflict` where the
 * folder or the port is taken.
 */
export function serveWitness(witness: WitnessDefinition): Promise<Result<WitnessServer>> {
  const opened = openWitnessFolder(witness.folder, witness.logs);
  if (!opened.ok) return Promise.resolve(opened);
  const folder = opened.value;
  const server = createServer((request, response) => {
    if (request.url !== PATH) return send(response, 404, 'no such path\n');
    if (request.method !== 'POST') return send(response, 405, 'POST a checkpoint\n');
    readBody(request)
      .then(async (body) => {
        if (body === null) return send(response, 413, 'too large\n');
        await answer(witness, folder, body, response);
      })
      // The asker went away, or broke off in the middle.
      .catch(() => response.destroy());
  });
  server.requestTimeout = REQUEST_MS_MAX;
  server.headersTimeout = REQUEST_MS_MAX;
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      folder.release();
      const isTaken = error.code === 'EADDRINUSE';
      const message = `${witness.address}:${witness.port}: ${isTaken ? 'another program has it' : error.code}`;
      resolve(fail(problem(isTaken ? 'conflict' : 'unavailable', message)));
    });
    server.listen(witness.port, witness.address, () => {
      const { port } = server.address() as AddressInfo;
      const stop = async (): Promise<void> => {
        const closed = new Promise((done) => server.close(done));
        server.closeIdleConnections();
        await closed;
        folder.release();
      };
      resolve(ok({ url: `http://${witness.address}:${port}/`, stop }));
    });
  });
}

async function answer(
  { logs, key, signer, clock }: WitnessDefinition,
  folder: WitnessFolder,
  body: Uint8Array,
  response: ServerResponse,
): Promise<void> {
  const request = fromUtf8(body);
  if (request === null) return send(response, 400, 'not UTF-8\n');
  const judged = judgeUpdate(request, logs, folder.newest);
  if (judged.kind === 'refuse') {
    if (judged.isFork) folder.keepFork(request);
    const type = judged.status === 409 ? 'text/x.tlog.size' : undefined;
    return send(response, judged.status, judged.body, type);
  }
  const kept = folder.keep(judged.checkpoint, judged.note);
  if (!kept.ok) return send(response, 500, 'it could not be kept\n');
  const atS = Math.floor(clock.now() / 1_000);
  const signature = await signer.sign(utf8(cosignedMessage(judged.text, atS)));
  if (!signature.ok) return send(response, 500, 'it could not be signed\n');
  send(response, 200, cosignatureLine(key, atS, signature.value));
}

/** null where it is larger than any checkpoint with its proof. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > REQUEST_BYTES_MAX) return null;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
