import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { MetricsPage } from './metrics.ts';

const HOST = '127.0.0.1';

/** Answers scrapes on loopback; the port, which the system gives where 0 is asked for. */
export async function serveMetrics(port: number, page: MetricsPage): Promise<Result<number>> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const failed = (why: string): void => {
      response.writeHead(503, { 'content-type': 'text/plain' }).end(`${why}\n`);
    };
    page.text().then(
      (text) => {
        if (!text.ok) failed(text.problem.message);
        else response.writeHead(200, { 'content-type': page.contentType }).end(text.value);
      },
      (error: unknown) => failed(`a bug: ${String(error)}`),
    );
  });
  return await new Promise((resolve) => {
    server.once('error', (error) => {
      resolve(fail(problem('unavailable', `${HOST}:${port}: ${error.message}`)));
    });
    server.listen(port, HOST, () => resolve(ok((server.address() as AddressInfo).port)));
  });
}
