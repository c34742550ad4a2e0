import type { IncomingMessage } from 'node:http';
import { type RequestHead, requestHead } from './headers.ts';

/** What a request asks for and what its track will be sent (RFC 9112, 3.2). */
export interface Target {
  path: string;
  head: RequestHead;
}

/** null: the request must be answered with 400; there is no safe reading of it. */
export function requestTarget(request: IncomingMessage): Target | null {
  const address = request.socket.remoteAddress ?? 'unknown';
  const url = request.url ?? '';
  // RFC 9112, 6.1: HTTP/1.0 has no codings; what two servers read of it differs.
  if (request.httpVersion === '1.0' && request.headers['transfer-encoding'] !== undefined) {
    return null;
  }
  if (url.includes('#')) return null;
  if (url.startsWith('/') || (url === '*' && request.method === 'OPTIONS')) {
    const head = requestHead(request.rawHeaders, { address, host: null });
    return isOneHost(request, head) ? { path: url, head } : null;
  }
  // Absolute form: its authority counts, whatever Host says (RFC 9112, 3.2.2).
  const absolute = /^https?:\/\/([^/?#@\s]+)([/?][^#\s]*)?$/i.exec(url);
  if (absolute === null) return null;
  const [, host = '', rest = '/'] = absolute;
  const head = requestHead(request.rawHeaders, { address, host });
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return isOneHost(request, head) ? { path, head } : null;
}

/** RFC 9112, 3.2: an HTTP/1.1 request has one Host; more than one is how two servers are made to disagree. */
function isOneHost({ httpVersion }: IncomingMessage, { hosts }: RequestHead): boolean {
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && length !== '0';
}
