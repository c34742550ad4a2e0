import { request } from 'node:http';
import { connect } from 'node:net';
import type { TrackAddress } from '../base/track-address.ts';

const ANSWER_MS = 2_000;

/** Whether what answers at a place is healthy: a 2xx answer, or a connection where there is no path. */
export function isHealthy(at: TrackAddress, path: string | null): Promise<boolean> {
  return path === null ? accepts(at) : answers(at, path);
}

function answers({ host, port }: TrackAddress, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request({ host, port, path, agent: false, signal }, (answer) => {
      const { statusCode = 0 } = answer;
      answer.resume();
      answer.on('error', () => {});
      resolve(statusCode >= 200 && statusCode < 300);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function accepts({ host, port }: TrackAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS });
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
