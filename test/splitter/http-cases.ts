/**
 * Cases of RFC 9110 and 9112 that a proxy is attacked or misunderstood by. docs/formats/http.md is
 * the table of them, written by tools/generate.ts; http-cases.test.ts runs each.
 */
export interface HttpCase {
  name: string;
  clause: string;
  /** What is sent; `{host}` is the door's address. */
  send: readonly string[];
  /** Statuses of the answers, in order; [] where the connection is closed without one. */
  statuses: readonly number[];
  /** What the track must have been sent; null: not a byte. */
  track?: RegExp | null;
  /** What the track must not have been sent. */
  notTrack?: RegExp;
  /** What the client must have been answered. */
  client?: RegExp;
  notClient?: RegExp;
  isClosed?: boolean;
  /** The track's answer, where it is not a plain 200. */
  answer?: string;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const refused = { statuses: [400], track: null, isClosed: true } as const;

export const REQUEST_CASES: readonly HttpCase[] = [
  {
    name: 'Content-Length beside Transfer-Encoding',
    clause: '9112 6.1',
    send: [`${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ...refused,
  },
  {
    name: 'two Content-Lengths that differ',
    clause: '9112 6.3',
    send: [`${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ...refused,
  },
  {
    name: 'two Content-Lengths alike',
    clause: '9112 6.3',
    send: [`${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
    ...refused,
  },
  {
    name: 'a list of Content-Lengths',
    clause: '9112 6.3',
    send: [`${POST}Content-Length: 5, 5\r\n\r\nhello`],
    ...refused,
  },
  {
    name: 'a signed Content-Length',
    clause: '9110 8.6',
    send: [`${POST}Content-Length: +5\r\n\r\nhello`],
    ...refused,
  },
  {
    name: 'a negative Content-Length',
    clause: '9110 8.6',
    send: [`${POST}Content-Length: -1\r\n\r\n`],
    ...refused,
  },
  {
    name: 'a hexadecimal Content-Length',
    clause: '9110 8.6',
    send: [`${POST}Content-Length: 0x5\r\n\r\nhello`],
    ...refused,
  },
  {
    name: 'a Content-Length beyond 64 bits',
    clause: '9110 8.6',
    send: [`${POST}Content-Length: 99999999999999999999\r\n\r\n`],
    ...refused,
  },
  {
    name: 'chunked is not the last coding',
    clause: '9112 6.3',
    send: [`${POST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ...refused,
  },
  {
    name: 'a coding that nobody knows',
    clause: '9112 6.1',
    send: [`${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ...refused,
  },
  {
    name: 'chunked named twice',
    clause: '9112 6.1',
    send: [`${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ...refused,
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    clause: '9112 6.1',
    send: ['POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ...refused,
  },
  {
    name: 'Transfer-Encoding behind a vertical tab',
    clause: '9112 6.1',
    send: [`${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
    ...refused,
  },
  {
    name: 'a chunk size that is no number',
    clause: '9112 7.1',
    send: [`${POST}Transfer-Encoding: chunked\r\n\r\ng\r\nhello\r\n0\r\n\r\n`],
    statuses: [400],
    isClosed: true,
  },
  {
    name: 'a chunk longer than its size',
    clause: '9112 7.1',
    send: [`${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
    statuses: [400],
    isClosed: true,
  },
  {
    name: 'a chunk size beyond 64 bits',
    clause: '9112 7.1',
    send: [`${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx`],
    statuses: [400],
    isClosed: true,
  },
  {
    name: 'chunks with extensions and trailers',
    clause: '9112 7.1',
    send: [
      `${POST}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n`,
    ],
    statuses: [200],
    track: /hello\r\n0\r\nX-Sum: 7\r\n\r\n/i,
  },
  {
    name: 'a body that looks like a request',
    clause: '9112 6.3',
    send: [`${POST}Content-Length: 31\r\n\r\nGET /smuggled HTTP/1.1\r\nX: yy\r\n${GET}\r\n`],
    statuses: [200, 200],
    track: /content-length: 31\r\n(?:[\s\S]*\r\n)?\r\nGET \/smuggled HTTP\/1\.1\r\nX: yy/i,
  },
  {
    name: 'a space before the colon',
    clause: '9112 5.1',
    send: [`${GET}X-A : b\r\n\r\n`],
    ...refused,
  },
  {
    name: 'a folded header line',
    clause: '9112 5.2',
    send: [`${GET}X-A: b\r\n c\r\n\r\n`],
    ...refused,
  },
  { name: 'a header without a name', clause: '9112 5.1', send: [`${GET}: b\r\n\r\n`], ...refused },
  { name: 'a header without a colon', clause: '9112 5.1', send: [`${GET}X-A\r\n\r\n`], ...refused },
  {
    name: 'white space before the first header',
    clause: '9112 2.2',
    send: ['GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
    ...refused,
  },
  {
    name: 'bare LF as the end of a line',
    clause: '9112 2.2',
    send: ['GET / HTTP/1.1\nHost: a\n\n'],
    ...refused,
  },
  {
    name: 'bare LF behind a header',
    clause: '9112 2.2',
    send: [`${GET}X-A: b\nX-B: c\r\n\r\n`],
    ...refused,
  },
  {
    name: 'bare CR in a value',
    clause: '9112 2.2',
    send: [`${GET}X-A: b\rX-B: c\r\n\r\n`],
    ...refused,
  },
  { name: 'NUL in a value', clause: '9110 5.5', send: [`${GET}X-A: b\x00c\r\n\r\n`], ...refused },
  {
    name: 'no Host',
    clause: '9112 3.2',
    send: ['GET / HTTP/1.1\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'two Hosts',
    clause: '9112 3.2',
    send: [`${GET}Host: b\r\n\r\n`],
    statuses: [400],
    track: null,
  },
  {
    name: 'an absolute URI',
    clause: '9112 3.2.2',
    send: ['GET http://b.example/p?q HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [200],
    track: /^GET \/p\?q HTTP\/1\.1\r\n[\s\S]*host: b\.example\r\n/i,
  },
  {
    name: 'an absolute URI without a path',
    clause: '9112 3.2.2',
    send: ['GET http://b.example HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [200],
    track: /^GET \/ HTTP/,
  },
  {
    name: 'an absolute URI with user information',
    clause: '9110 4.2.4',
    send: ['GET http://u:p@b.example/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'an absolute URI of another scheme',
    clause: '9110 7.4',
    send: ['GET ftp://b.example/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'authority form without CONNECT',
    clause: '9112 3.2.3',
    send: ['GET b.example:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'asterisk form with OPTIONS',
    clause: '9112 3.2.4',
    send: ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [200],
    track: /^OPTIONS \* HTTP\/1\.1\r\n/,
  },
  {
    name: 'asterisk form with GET',
    clause: '9112 3.2.4',
    send: ['GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'a fragment in the target',
    clause: '9112 3.2',
    send: ['GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
    statuses: [400],
    track: null,
  },
  {
    name: 'a space in the target',
    clause: '9112 3.2',
    send: ['GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ...refused,
  },
  {
    name: 'CONNECT',
    clause: '9110 9.3.6',
    send: ['CONNECT b.example:80 HTTP/1.1\r\nHost: b.example:80\r\n\r\n'],
    statuses: [501],
    track: null,
    isClosed: true,
  },
  {
    name: 'the preface of HTTP/2',
    clause: '9113 3.4',
    send: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ...refused,
  },
  {
    name: 'a version of no known form',
    clause: '9112 2.3',
    send: ['GET / HTTP/1.15\r\nHost: a\r\n\r\n'],
    ...refused,
  },
  {
    name: 'a lower-case protocol name',
    clause: '9112 2.3',
    send: ['GET / http/1.1\r\nHost: a\r\n\r\n'],
    ...refused,
  },
  {
    name: 'a method with a delimiter in it',
    clause: '9110 9.1',
    send: ['GE(T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ...refused,
  },
  {
    name: 'a head above the limit',
    clause: '9110 15.5',
    send: [`${GET}X-A: ${'b'.repeat(17_000)}\r\n\r\n`],
    statuses: [431],
    track: null,
    isClosed: true,
  },
  {
    name: 'a request line above the limit',
    clause: '9112 3',
    send: [`GET /${'b'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    statuses: [431],
    track: null,
    isClosed: true,
  },
  {
    name: 'many small headers above the limit',
    clause: '9110 5.4',
    send: [`${GET}${'X: y\r\n'.repeat(4_000)}\r\n`],
    statuses: [431],
    track: null,
    isClosed: true,
  },
  {
    name: 'two requests in one piece',
    clause: '9112 9.3.2',
    send: [`${GET}\r\n${GET}\r\n`],
    statuses: [200, 200],
  },
  {
    name: 'a head in many pieces',
    clause: '9112 2.2',
    send: ['GE', 'T / HT', 'TP/1.1\r', '\nHost: ', 'a\r\n\r', '\n'],
    statuses: [200],
  },
  {
    name: 'an empty line before the request',
    clause: '9112 2.2',
    send: [`\r\n${GET}\r\n`],
    statuses: [200],
  },
  {
    name: 'Connection: close',
    clause: '9112 9.6',
    send: [`${GET}Connection: close\r\n\r\n`],
    statuses: [200],
    isClosed: true,
    client: /connection: close/i,
  },
  {
    name: 'HTTP/1.0 ends with its answer',
    clause: '9112 9.3',
    send: ['GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
    statuses: [200],
    isClosed: true,
  },
  {
    name: 'HTTP/1.0 without a Host',
    clause: '9112 3.2',
    send: ['GET / HTTP/1.0\r\n\r\n'],
    statuses: [200],
  },
  {
    name: 'what Connection names is dropped',
    clause: '9110 7.6.1',
    send: [`${GET}Connection: X-Mine\r\nX-Mine: 1\r\nX-Other: 2\r\n\r\n`],
    statuses: [200],
    track: /x-other: 2/i,
    notTrack: /x-mine/i,
  },
  {
    name: 'Connection does not take Host or a length away',
    clause: '9110 7.6.1',
    send: [`${POST}Connection: Host, Content-Length\r\nContent-Length: 2\r\n\r\nhi`],
    statuses: [200],
    track: /(?=[\s\S]*host: a)[\s\S]*content-length: 2/i,
  },
  {
    name: 'Keep-Alive and Proxy-Connection are dropped',
    clause: '9110 7.6.1',
    send: [`${GET}Keep-Alive: 5\r\nProxy-Connection: close\r\n\r\n`],
    statuses: [200],
    notTrack: /proxy-connection|keep-alive: 5/i,
  },
  {
    name: 'who asked is added, not replaced',
    clause: '7239 4',
    send: [`${GET}X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\n\r\n`],
    statuses: [200],
    track:
      /(?=[\s\S]*x-forwarded-for: 10\.0\.0\.1, 127\.0\.0\.1)[\s\S]*forwarded: for=10\.0\.0\.1, for=127\.0\.0\.1;host=a;proto=http/i,
  },
  {
    name: 'Via is added',
    clause: '9110 7.6.3',
    send: [`${GET}Via: 1.0 x\r\n\r\n`],
    statuses: [200],
    track: /via: 1\.0 x, 1\.1 aurora/i,
  },
  {
    name: 'the trace context is passed on',
    clause: 'W3C Trace Context 3',
    send: [
      `${GET}traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=1\r\n\r\n`,
    ],
    statuses: [200],
    track:
      /(?=[\s\S]*traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01)[\s\S]*tracestate: a=1/i,
  },
  {
    name: 'names, order and doubled headers stay',
    clause: '9110 5.3',
    send: [`${GET}X-One: 1\r\nx-tWo: 2\r\nX-One: 3\r\n\r\n`],
    statuses: [200],
    track: /X-One: 1\r\nx-tWo: 2\r\nX-One: 3\r\n/,
  },
  {
    name: 'bytes above 127 in a value stay',
    clause: '9110 5.5',
    send: [`${GET}X-A: \xe4\xf6\r\n\r\n`],
    statuses: [200],
    track: /X-A: \xe4\xf6\r\n/,
  },
  {
    name: 'an expectation that nobody knows',
    clause: '9110 10.1.1',
    send: [`${POST}Expect: a-miracle\r\nContent-Length: 2\r\n\r\nhi`],
    statuses: [417],
    track: null,
  },
  {
    name: 'an offer of h2c is not passed on',
    clause: '9110 7.8',
    send: [
      `${GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
    ],
    statuses: [200],
    notTrack: /h2c|http2-settings/i,
  },
];

export const ANSWER_CASES: readonly HttpCase[] = [
  {
    name: "100-continue is the track's to give",
    clause: '9110 10.1.1',
    send: [`${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`, 'hi'],
    statuses: [200],
    answer: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    client: /HTTP\/1\.1 100 Continue[\s\S]*HTTP\/1\.1 200/,
    track: /expect: 100-continue/i,
  },
  {
    name: 'a refusal before the body',
    clause: '9110 10.1.1',
    send: [`${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`],
    statuses: [413],
    answer: 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n',
    notClient: /100 Continue/,
    isClosed: true,
  },
  {
    name: 'early hints',
    clause: '8297 2',
    send: [`${GET}\r\n`],
    statuses: [200],
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    client: /103 Early Hints\r\nLink: <\/s\.css>; rel=preload/i,
  },
  {
    name: 'an answer with both lengths',
    clause: '9112 6.3',
    send: [`${GET}\r\n`],
    statuses: [502],
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  {
    name: 'an answer with two lengths that differ',
    clause: '9112 6.3',
    send: [`${GET}\r\n`],
    statuses: [502],
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!',
  },
  {
    name: 'an answer that is not HTTP',
    clause: '9112 4',
    send: [`${GET}\r\n`],
    statuses: [502],
    answer: 'hello there, this is SMTP\r\n\r\n',
  },
  {
    name: 'an upgrade that nobody asked for',
    clause: '9110 15.2.2',
    send: [`${GET}\r\n`],
    statuses: [502],
    answer: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  },
  {
    name: 'HEAD has no body',
    clause: '9110 9.3.2',
    send: ['HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', `${GET}\r\n`],
    statuses: [200, 200],
    answer: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  },
  {
    name: '304 has no body',
    clause: '9110 15.4.5',
    send: [`${GET}\r\n`, `${GET}\r\n`],
    statuses: [304, 304],
    answer: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    client: /ETag: "a"/i,
  },
  {
    name: 'each Set-Cookie stays its own',
    clause: '9110 5.3',
    send: [`${GET}\r\n`],
    statuses: [200],
    answer: 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
    client: /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/i,
  },
  {
    name: "what the answer's Connection names is dropped",
    clause: '9110 7.6.1',
    send: [`${GET}\r\n`],
    statuses: [200],
    answer:
      'HTTP/1.1 200 OK\r\nConnection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=3\r\nContent-Length: 0\r\n\r\n',
    notClient: /x-mine|timeout=3/i,
  },
  {
    name: 'trailers for a client that wants them',
    clause: '9110 6.5',
    send: [`${GET}TE: trailers\r\nConnection: TE\r\n\r\n`],
    statuses: [200],
    answer:
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
    client: /\r\n0\r\nX-Sum: 7\r\n\r\n/i,
  },
  {
    name: 'an HTTP/1.0 client gets no chunks',
    clause: '9112 7.1',
    send: ['GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
    statuses: [200],
    answer: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    client: /\r\n\r\nok$/,
    isClosed: true,
  },
];
