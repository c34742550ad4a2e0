import { expect, test } from 'vitest';
import { parseAuthorities } from './authorities-file.ts';

const GOOD = `apiVersion: aurora/v1
kind: TimestampAuthorities
authorities:
  - name: alpha
    operator: Alpha Trust
    url: https://tsa.alpha.example/stamp
    roots: alpha.pem
    policies: [1.3.6.1.4.1.32473.1]
  - name: beta
    operator: Beta Trust
    url: http://tsa.beta.example/
    roots: /etc/beta.pem
    policies: ['1.2.3', 2.16.840.1.5]
`;

test('a good file', () => {
  expect(parseAuthorities(GOOD, 'timestamps.yaml')).toEqual({
    ok: true,
    value: [
      {
        name: 'alpha',
        operator: 'Alpha Trust',
        url: 'https://tsa.alpha.example/stamp',
        roots: 'alpha.pem',
        policies: ['1.3.6.1.4.1.32473.1'],
      },
      {
        name: 'beta',
        operator: 'Beta Trust',
        url: 'http://tsa.beta.example/',
        roots: '/etc/beta.pem',
        policies: ['1.2.3', '2.16.840.1.5'],
      },
    ],
  });
});

const edit = (from: string, to: string): string => GOOD.replace(from, to);

test.each([
  ['', /^timestamps\.yaml:1:1: /],
  ['- a', /expected apiVersion, kind and authorities/],
  [edit('aurora/v1', 'aurora/v2'), /:1:13: expected apiVersion: aurora\/v1/],
  [edit('kind: T', 'kind: X'), /:2:7: expected kind: TimestampAuthorities/],
  [edit('    roots: alpha.pem\n', ''), /:4:5: roots: expected a text/],
  [edit('roots: alpha.pem', 'roots: 7'), /roots: expected a text/],
  [edit('    operator: Alpha', '    owner: x\n    operator: Alpha'), /:5:5: unknown key "owner"/],
  [edit('name: alpha', 'name: ../alpha'), /:4:11: name: expected a name/],
  [edit('https://tsa', 'ftp://tsa'), /expected an http or https URL/],
  [edit('https://tsa', 'https://me:secret@tsa'), /no name or password belongs in it/],
  [edit('[1.3.6.1.4.1.32473.1]', '[]'), /expected policies/],
  [edit('[1.3.6.1.4.1.32473.1]', '[any]'), /:8:16: expected an OID/],
  [edit('name: beta', 'name: alpha'), /:9:5: another authority has the same name/],
  [edit('http://tsa.beta.example/', 'https://TSA.alpha.example/stamp'), /the same url/],
  [edit('Beta Trust', 'alpha-trust'), /at least two operators/],
  [GOOD.slice(0, GOOD.indexOf('  - name: beta')), /at least two operators/],
  [edit('kind: T', 'kind: [T'), /^timestamps\.yaml:/],
])('refused, with its place: %#', (text, says) => {
  expect(parseAuthorities(text, 'timestamps.yaml')).toMatchObject({
    ok: false,
    problem: { code: 'invalid-file', message: expect.stringMatching(says) },
  });
});
