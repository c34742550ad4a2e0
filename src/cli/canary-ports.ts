import { connect, createServer } from 'node:net';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import type { ServiceDefinition } from '../protocol/service.ts';

const CONNECT_MS = 3_000;

/** Asked before anything is started: the words are clearer than those of a splitter that cannot open. */
export function checkDoorIsFree({ traffic }: ServiceDefinition): Promise<Result<void>> {
  const { host, port } = traffic;
  const place = `${host}:${port}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      if (code === 'EADDRINUSE') {
        const message = `another program listens at ${place} already`;
        const hint =
          'end it, or give another door: --listen :8081, or --listen :0 for any free port';
        resolve(fail(problem('unavailable', message, hint)));
      } else if (code === 'EACCES') {
        const message = `the system does not let this user listen at ${place}`;
        resolve(fail(problem('not-allowed', message, 'a port above 1023: --listen :8080')));
      } else {
        const message = `nobody can listen at ${place} here: ${code}`;
        resolve(fail(problem('usage', message, '--listen :8080 is this machine alone')));
      }
    });
    server.listen({ host, port }, () => server.close(() => resolve(ok(undefined))));
  });
}

/** What runs already runs now. A command is started later: nothing is asked of it here. */
export function checkAnswers(command: string): Promise<Result<void>> {
  const address = parseTrackAddress(command);
  if (address === null) return Promise.resolve(ok(undefined));
  if (!address.ok) return Promise.resolve(address);
  return new Promise((resolve) => {
    const socket = connect({ ...address.value, timeout: CONNECT_MS });
    const refuse = (why: string): void => {
      socket.destroy();
      const message = `nothing answers at ${command}: ${why}`;
      const hint = 'an address means that it runs already: start it first, or give its command';
      resolve(fail(problem('unavailable', message, hint)));
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve(ok(undefined));
    });
    socket.once('timeout', () => refuse(`no connection within ${CONNECT_MS} ms`));
    socket.once('error', (error) => refuse('code' in error ? String(error.code) : error.message));
  });
}
