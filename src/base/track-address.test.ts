import { expect, test } from 'vitest';
import { isSameAddress, parseTrackAddress } from './track-address.ts';

test.each([
  ['http://127.0.0.1:3000', '127.0.0.1', 3000],
  [' http://localhost:3000/ ', 'localhost', 3000],
  ['HTTP://App_1.internal', 'App_1.internal', 80],
  ['http://[::1]:8080/', '::1', 8080],
  ['http://a:65535', 'a', 65_535],
])('%s is an address', (text, host, port) => {
  expect(parseTrackAddress(text)).toEqual({ ok: true, value: { host, port } });
});

test.each([
  'node server.js',
  'http-server -p {port}',
  'curl http://127.0.0.1:3000',
  'env URL=http://a node x.js',
  '',
])('%j is a command', (text) => {
  expect(parseTrackAddress(text)).toBe(null);
});

test.each([
  'http://',
  'http:/a:80',
  'http://a:0',
  'http://a:65536',
  'http://a:{port}',
  'http://a:80/path',
  'http://a:80?x',
  'http://a:80#x',
  'http://me:secret@a:80',
  'http://a:80 && rm -rf .',
  'http://a:80\nsleep 1',
  'http://[a]:80',
  'http://-a:80',
  'http://a b:80',
  'http://::1:80',
])('%j is refused', (text) => {
  const parsed = parseTrackAddress(text);
  expect(parsed).toMatchObject({ ok: false, problem: { code: 'usage' } });
});

test('https is refused with a hint', () => {
  expect(parseTrackAddress('https://a:443')).toMatchObject({
    ok: false,
    problem: {
      message: expect.stringContaining('plain HTTP'),
      hint: expect.stringContaining('TLS'),
    },
  });
});

test.each([
  ['A', 1, 'a', 1, true],
  ['a', 1, 'a', 2, false],
  ['a', 1, 'b', 1, false],
  ['localhost', 1, '0.0.0.0', 1, true],
  ['::1', 1, '127.0.0.1', 1, true],
])('%s:%d and %s:%d are one place: %s', (host, port, otherHost, otherPort, same) => {
  expect(isSameAddress({ host, port }, { host: otherHost, port: otherPort })).toBe(same);
});
