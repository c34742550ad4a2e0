import { chmodSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

export type ListenOn = { host: string; port: number } | { fd: number };

/** Connections that wait to be accepted: enough for all of a large front's at once. */
const BACKLOG = 4_096;

/** The port it listens on. `unavailable`, naming the address, when it can't. */
export function listen(server: Server, on: ListenOn): Promise<Result<number>> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      const where = 'fd' in on ? `descriptor ${on.fd}` : `${on.host}:${on.port}`;
      const hint = 'stop what listens there, or give another port';
      resolve(fail(problem('unavailable', `cannot listen on ${where}: ${error.message}`, hint)));
    };
    server.once('error', failed);
    server.listen({ ...on, backlog: BACKLOG }, () => {
      server.removeListener('error', failed);
      resolve(ok((server.address() as AddressInfo).port));
    });
  });
}

/**
 * On a unix socket that its owner alone may open; what an earlier process left there is removed. The
 * folder of the socket is its owner's alone already.
 */
export function listenAt(server: Server, path: string): Promise<Result<void>> {
  rmSync(path, { force: true });
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve(fail(problem('unavailable', `cannot listen on ${path}: ${error.message}`)));
    server.once('error', failed);
    server.listen(path, () => {
      server.removeListener('error', failed);
      chmodSync(path, 0o600);
      resolve(ok(undefined));
    });
  });
}
