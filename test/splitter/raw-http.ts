/** HTTP by hand: what no client library would send, and what no server library would answer. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface RawAnswer {
  text: string;
  /** Status codes of the final answers, in order. */
  statuses: number[];
  /** The splitter closed the connection. */
  isClosed: boolean;
}

/** Sends the pieces, a moment between them, and reads until the other side closes or falls silent. */
export async function sendRaw(
  port: number,
  pieces: readonly (string | Buffer)[],
  quietMs = 250,
): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  let isClosed = false;
  let lastMs = performance.now();
  socket.on('data', (part) => {
    parts.push(part);
    lastMs = performance.now();
  });
  socket.on('end', () => {
    isClosed = true;
  });
  socket.on('error', () => {
    isClosed = true;
  });
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await pause(40);
    socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    lastMs = performance.now();
  }
  while (!isClosed && performance.now() - lastMs < quietMs) await pause(10);
  socket.destroy();
  const text = Buffer.concat(parts).toString('latin1');
  const found = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { text, statuses: found.filter((status) => status >= 200), isClosed };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A track that remembers the bytes it was sent and answers each message with the bytes it is given. */
export class RawTrack {
  answer: (seen: string, socket: Socket) => string | null = () => OK;
  /** What came on each connection, in order. */
  readonly seen: string[] = [];
  readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      const index = this.seen.push('') - 1;
      let told = 0;
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('data', (chunk) => {
        this.seen[index] += chunk.toString('latin1');
        const seen = this.seen[index] ?? '';
        const complete = messages(seen);
        for (; told < complete; told += 1) {
          const answer = this.answer(seen, socket);
          if (answer !== null) socket.write(Buffer.from(answer, 'latin1'));
        }
      });
    });
  }

  get all(): string {
    return this.seen.join('');
  }

  reset(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    this.seen.length = 0;
    this.answer = () => OK;
  }
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** How many whole messages there are; enough HTTP for what a splitter sends. */
function messages(text: string): number {
  let count = 0;
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return count;
    const head = rest.slice(0, end);
    rest = rest.slice(end + 4);
    // The body of what waits for a 100 comes later, if at all.
    if (/^expect:/im.test(head)) return count + 1;
    const length = /^content-length: *(\d+)/im.exec(head);
    if (length !== null) {
      const bytes = Number(length[1]);
      if (rest.length < bytes) return count;
      rest = rest.slice(bytes);
    } else if (/^transfer-encoding: *chunked/im.test(head)) {
      const last = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
      if (last === null) return count;
      rest = rest.slice(last.index + last[0].length);
    }
    count += 1;
  }
}
