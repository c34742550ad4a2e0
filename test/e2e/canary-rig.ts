import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, BIN, bench, type Outcome, ROOT } from '../cli/program.ts';
import { killOwn, nonceEnv, waitForNone } from '../rig/own-processes.ts';

const GONE_MS = 10_000;
const WAIT_MS = 60_000;
const POLL_MS = 50;

/** A call of the real program that goes on: what it has said so far, and how it ended. */
export interface Call {
  readonly err: string;
  readonly ended: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
  /** Throws where it ends, or too much time goes by, before it says so. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A folder with the real program in it; all that was started there ends with it. */
export class CanaryRig {
  private readonly bench: Bench = bench();
  private readonly nonce = randomUUID();

  get folder(): string {
    return this.bench.folder;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  run(...words: string[]): Promise<Outcome> {
    return this.start(...words).ended;
  }

  start(...words: string[]): Call {
    const child = spawn(process.execPath, [BIN, ...words], {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH ?? '',
        XDG_CACHE_HOME: this.folder,
        // A server of a test may use what the project has installed.
        NODE_PATH: join(ROOT, 'node_modules'),
        ...nonceEnv(this.nonce),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return callOf(child);
  }

  async close(): Promise<void> {
    killOwn(this.nonce);
    const left = await waitForNone(this.nonce, GONE_MS);
    this.bench.remove();
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  }
}

function callOf(child: ChildProcess): Call {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (part: Buffer) => {
    out += part.toString();
  });
  child.stderr?.on('data', (part: Buffer) => {
    err += part.toString();
  });
  let isEnded = false;
  const ended = once(child, 'close').then(([code]): Outcome => {
    isEnded = true;
    return { code: typeof code === 'number' ? code : null, out, err };
  });
  return {
    get err() {
      return err;
    },
    ended,
    kill: (signal) => child.kill(signal),
    says: async (pattern) => {
      const endMs = performance.now() + WAIT_MS;
      for (;;) {
        const found = pattern.exec(`${out}${err}`);
        if (found !== null) return found;
        if (isEnded || performance.now() > endMs) {
          throw new Error(`it never said ${pattern}:\n${out}\n${err}`);
        }
        await sleep(POLL_MS);
      }
    },
  };
}

/** A loopback port that the system has just given and taken back. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A server that answers everything with its name, and with `status`. */
export function plainServer(name: string, status = 200): string {
  return `
    require('node:http').createServer((request, response) => {
      request.resume();
      response.writeHead(${status}, { 'x-server': '${name}' });
      response.end('${name}');
    }).listen(process.env.PORT, '127.0.0.1');
  `;
}
