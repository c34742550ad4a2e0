/**
 * Which headers go on and which belong to one connection alone (RFC 9110, 7.6.1), and what a proxy
 * adds (7.6.3 Via; RFC 7239 Forwarded). Headers are flat lists: name, value, name, value, in the
 * order and spelling they came in.
 */
export type FlatHeaders = readonly string[];

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'upgrade',
]);
/** A client that lists one of these under Connection wants the next server to see another message. */
const NEVER_DROPPED: ReadonlySet<string> = new Set(['host', 'content-length', 'cookie']);

export interface RequestHead {
  /** What goes to the track. */
  headers: string[];
  hosts: number;
  /** The client offered to read trailers. */
  wantsTrailers: boolean;
}

export interface Peer {
  address: string;
  /** Set where the request line named another host than the header: that one counts. */
  host: string | null;
}

/** What a track is sent. Nothing that the client says about itself is taken away, only added to. */
export function requestHead(raw: FlatHeaders, peer: Peer): RequestHead {
  const dropped = namedByConnection(raw);
  const headers: string[] = [];
  const head: RequestHead = { headers, hosts: 0, wantsTrailers: false };
  let forwardedFor = '';
  let forwarded = '';
  let via = '';
  let host = '';
  let forwardedHost = '';
  let forwardedProto = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const key = name.toLowerCase();
    switch (key) {
      case 'host':
        head.hosts += 1;
        host = peer.host ?? value;
        headers.push(name, host);
        continue;
      case 'x-forwarded-for':
        forwardedFor = joined(forwardedFor, value);
        continue;
      case 'forwarded':
        forwarded = joined(forwarded, value);
        continue;
      case 'via':
        via = joined(via, value);
        continue;
      case 'x-forwarded-host':
        forwardedHost = value;
        break;
      case 'x-forwarded-proto':
        forwardedProto = value;
        break;
      case 'te':
        head.wantsTrailers = /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value);
        continue;
    }
    if (HOP_BY_HOP.has(key) || dropped?.has(key)) continue;
    headers.push(name, value);
  }
  headers.push('X-Forwarded-For', joined(forwardedFor, peer.address));
  if (forwardedHost === '' && host !== '') headers.push('X-Forwarded-Host', host);
  if (forwardedProto === '') headers.push('X-Forwarded-Proto', 'http');
  headers.push('Forwarded', joined(forwarded, forwardedElement(peer.address, host)));
  headers.push('Via', joined(via, '1.1 aurora'));
  return head;
}

/** What the client is sent of a track's answer. */
export function responseHeaders(raw: FlatHeaders): string[] {
  const dropped = namedByConnection(raw);
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key) && !dropped?.has(key)) headers.push(name, raw[i + 1] ?? '');
  }
  return headers;
}

function namedByConnection(raw: FlatHeaders): Set<string> | null {
  let named: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const value = raw[i + 1] ?? '';
    if (value === 'keep-alive' || value === 'close') continue;
    named ??= new Set();
    for (const token of value.split(',')) {
      const key = token.trim().toLowerCase();
      if (!NEVER_DROPPED.has(key)) named.add(key);
    }
  }
  return named;
}

function joined(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

/** RFC 7239, 4: an IPv6 address and anything that is no token are quoted. */
function forwardedElement(address: string, host: string): string {
  const by = address.includes(':') ? `"[${address}]"` : address;
  const isToken = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(host);
  const named = isToken ? host : `"${host.replace(/["\\]/g, '\\$&')}"`;
  return host === '' ? `for=${by};proto=http` : `for=${by};host=${named};proto=http`;
}

/** What a parser gives as buffers or text, as text: headers are Latin-1 on the wire. */
export function flatHeaders(raw: unknown): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((one) => (typeof one === 'string' ? one : Buffer.from(one).toString('latin1')));
}

export function headerPairs(flat: FlatHeaders): Record<string, string | string[]> {
  const pairs: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = (flat[i] ?? '').toLowerCase();
    const before = pairs[name];
    const value = flat[i + 1] ?? '';
    pairs[name] = before === undefined ? value : [before, value].flat();
  }
  return pairs;
}

/** Content-Length, which the parser has checked; null where there is none. */
export function knownLength(flat: FlatHeaders): number | null {
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] ?? '';
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(flat[i + 1]);
  }
  return null;
}
