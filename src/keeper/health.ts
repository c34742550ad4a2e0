import { request } from 'node:http';
import { connect } from 'node:net';

const ANSWER_MS = 2_000;

/** Whether the process behind a port is healthy: a 2xx answer, or a connection where there is no path. */
export function isHealthy(port: number, path: string | null): Promise<boolean> {
  return path === null ? accepts(port) : answers(port, path);
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const options = { host: '127.0.0.1', port, path, agent: false, signal } as const;
    const asked = request(options, (answer) => {
      const { statusCode = 0 } = answer;
      answer.resume();
      answer.on('error', () => {});
      resolve(statusCode >= 200 && statusCode < 300);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: ANSWER_MS });
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}
