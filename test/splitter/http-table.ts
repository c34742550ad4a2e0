import { ANSWER_CASES, type HttpCase, REQUEST_CASES } from './http-cases.ts';

/** docs/formats/http.md: what the splitter does with each case; each row is a test. */
export function httpTable(): string {
  return `# HTTP at the splitter's door

Each row is a test of the same name in \`test/splitter/http-cases.test.ts\`, run against a real splitter with bytes written by hand. This table is generated from the cases: \`make generate\`. Clauses are of RFC 9110 and
9112 unless another number stands there. "closed": the connection ends with the answer, since nobody can know where the next request would begin.

## Requests

| case | clause | answered | what the track is sent |
|---|---|---|---|
${REQUEST_CASES.map(requestRow).join('\n')}

## Answers of a track

| case | clause | answered |
|---|---|---|
${ANSWER_CASES.map(answerRow).join('\n')}

## What is different from other proxies

- Trailers of a request are passed on where the request announces them (\`Trailer\`); unannounced ones are dropped, as RFC 9110, 6.5.1 allows.
- A client that closes its sending half has given up: its request is ended and counted as aborted.
- Reason phrases are the standard ones of the status.
- HTTP/2 and gRPC: \`mode: tcp\` passes bytes through, weights count connections, and nothing of a request is measured.
- The splitter's own answers carry \`Proxy-Status: aurora; error=...\` (RFC 9209): 502 broke off, 503 not reached, 504 not in time, 408 the client stopped sending.
`;
}

function requestRow(one: HttpCase): string {
  const sent = one.track === null ? 'nothing' : toTrack(one);
  return `| ${one.name} | ${one.clause} | ${answered(one)} | ${sent} |`;
}

function answerRow(one: HttpCase): string {
  return `| ${one.name} | ${one.clause} | ${answered(one)} |`;
}

function answered({ statuses, isClosed }: HttpCase): string {
  return `${statuses.join(', ')}${isClosed === true ? ', closed' : ''}`;
}

function toTrack({ statuses }: HttpCase): string {
  return statuses[0] === 200 ? 'the request' : 'the head; the rest is cut off';
}
