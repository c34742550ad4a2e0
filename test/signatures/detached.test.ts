/** Detached signatures of reports, made and judged by gpg and ssh-keygen, at a given time. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signWithGpg, verifyWithGpg } from '../../src/adapters/signatures/gpg.ts';
import { readGpgStatus, readRevocations } from '../../src/adapters/signatures/gpg-status.ts';
import { runTool } from '../../src/adapters/signatures/run-tool.ts';
import { signWithSsh, verifyWithSsh } from '../../src/adapters/signatures/ssh.ts';
import type { Result } from '../../src/base/result.ts';
import {
  DEADLINE_MS,
  gpgKeyOf,
  inHome,
  type KeyFolder,
  keyFolder,
  must,
  sshKeyOf,
} from './people.ts';

const REPORT = Buffer.from('{"kind":"SloReport"}\n');
const NOW = Date.now();
const DAY_MS = 86_400_000;

let folder: KeyFolder;
beforeAll(() => {
  folder = keyFolder();
});
afterAll(() => folder.remove());

const codeOf = (result: Result<unknown>): string => (result.ok ? 'holds' : result.problem.code);
const saidOf = (result: Result<unknown>): string => (result.ok ? 'holds' : result.problem.message);
const exported = (key: string): Uint8Array => Buffer.from(folder.gpg('--armor', '--export', key));

describe('OpenPGP', () => {
  let fingerprint = '';
  let signature: Uint8Array;
  const verify = (over: {
    message?: Uint8Array;
    publicKeys?: Uint8Array;
    fingerprint?: string;
    atMs?: number;
    signature?: Uint8Array;
  }) => {
    const by = { publicKeys: exported(fingerprint), fingerprint, atMs: NOW + DAY_MS };
    const { message = REPORT, signature: other = signature, ...rest } = over;
    return verifyWithGpg(message, other, { ...by, ...rest, deadlineMs: DEADLINE_MS });
  };

  beforeAll(async () => {
    fingerprint = gpgKeyOf(folder, 'auditor', 'ed25519', '3d').fingerprint;
    const signing = { key: fingerprint, deadlineMs: DEADLINE_MS };
    const signed = must(await inHome(folder, () => signWithGpg(REPORT, signing)));
    expect(signed.fingerprint).toBe(fingerprint);
    signature = Buffer.from(signed.armored);
  }, 60_000);

  test('holds, and gpg says so by itself', async () => {
    expect(must(await verify({})).fingerprint).toBe(fingerprint);
    writeFileSync(folder.path('report'), REPORT);
    writeFileSync(folder.path('report.asc'), signature);
    const said = folder.gpg(
      '--status-fd',
      '1',
      '--verify',
      folder.path('report.asc'),
      folder.path('report'),
    );
    expect(said).toMatch(/GOODSIG/);
  });

  test('does not hold over other bytes, by another key, unknown, or as something else', async () => {
    expect(codeOf(await verify({ message: Buffer.from('other') }))).toBe('integrity');
    const other = gpgKeyOf(folder, 'other', 'ed25519').fingerprint;
    expect(saidOf(await verify({ fingerprint: other }))).toMatch(`it is by ${fingerprint}`);
    expect(codeOf(await verify({ publicKeys: exported(other) }))).toBe('not-allowed');
    expect(codeOf(await verify({ signature: Buffer.from('nothing') }))).toBe('integrity');
    const twice = Buffer.concat([signature, signature]);
    expect(codeOf(await verify({ signature: twice }))).not.toBe('holds');
  }, 60_000);

  test('of a key that has expired since is judged at its time', async () => {
    expect(codeOf(await verify({ atMs: NOW + 2 * DAY_MS }))).toBe('holds');
    expect(saidOf(await verify({ atMs: NOW + 5 * DAY_MS }))).toMatch(/expired/);
  }, 60_000);

  /** The reasons of gpg's menu: 1 compromised, 3 no longer used, 0 none given. */
  test.each([
    ['3', 'holds', /its key is revoked/],
    ['1', 'not-allowed', /its key is revoked/],
    ['0', 'not-allowed', /its key is revoked/],
  ])(
    'of a key revoked for reason %s: before it %s',
    async (reason, before, after) => {
      const at = NOW + 2 * DAY_MS;
      const out = folder.path(`revocation-${reason}`);
      folder.gpgWith(
        `y\n${reason}\n\ny\n`,
        ...['--yes', '--command-fd', '0', '--faked-system-time', `${Math.floor(at / 1_000)}!`],
        ...['--output', out, '--gen-revoke', fingerprint],
      );
      // gpg's exit code says 0 here: only the status lines tell.
      const publicKeys = Buffer.concat([
        Buffer.from(folder.gpg('--export', '--armor', fingerprint)),
        Buffer.from(readFileSync(out)),
      ]);
      expect(codeOf(await verify({ publicKeys, atMs: at - DAY_MS }))).toBe(before);
      expect(saidOf(await verify({ publicKeys, atMs: at + DAY_MS / 2 }))).toMatch(after);
    },
    60_000,
  );

  test('is not made with a key that is not there', async () => {
    const signing = { key: 'nobody@example', deadlineMs: DEADLINE_MS };
    const signed = await inHome(folder, () => signWithGpg(REPORT, signing));
    expect(codeOf(signed)).toBe('not-allowed');
    expect(saidOf(signed)).toMatch(/could not sign with nobody@example/);
  });
});

describe('status lines', () => {
  test.each([
    ['', null],
    ['[GNUPG:] NEWSIG\n[GNUPG:] NEWSIG\n', null],
    ['[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG X\n', { valid: null, unchecked: true }],
    ['[GNUPG:] NEWSIG\nGOODSIG X\n', { valid: null, good: false }],
    [
      `[GNUPG:] NEWSIG\n[GNUPG:] REVKEYSIG X\n[GNUPG:] VALIDSIG ${'A'.repeat(40)} 2026-11-21 17 0 4 0 22 8 00 ${'B'.repeat(40)}\n`,
      {
        revoked: true,
        good: false,
        valid: { fingerprint: 'a'.repeat(40), primary: 'b'.repeat(40), claimedAtMs: 17_000 },
      },
    ],
  ])('%j', (text, expected) => {
    const status = readGpgStatus(text);
    if (expected === null) expect(status).toBeNull();
    else expect(status).toMatchObject(expected);
  });

  test('a revocation that gpg could not check is none to rely on', () => {
    const lines = (mark: string) =>
      `pub:r:\nfpr:::::::::${'A'.repeat(40)}:\nrev:${mark}::22:X:1700000000::::x:20x,03::\n`;
    expect(readRevocations(lines('!'), 'b'.repeat(40))).toEqual([
      { atMs: 1_700_000_000_000, soft: true },
    ]);
    expect(readRevocations(lines('?'), 'b'.repeat(40))).toBeNull();
  });
});

describe('ssh', () => {
  const identity = 'auditor@example';
  const namespace = 'aurora-report';
  let line = '';
  let armored = '';
  beforeAll(async () => {
    line = sshKeyOf(folder, 'ssh-auditor', 'ed25519').publicKey;
    const keyFile = folder.path('ssh-auditor');
    armored = must(await signWithSsh(REPORT, { keyFile, namespace, deadlineMs: DEADLINE_MS }));
  }, 60_000);
  const verify = (over: object = {}, message: Uint8Array = REPORT) => {
    const allowedSigners = `${identity} namespaces="${namespace}" ${line}`;
    const by = { allowedSigners, identity, namespace, atMs: NOW, deadlineMs: DEADLINE_MS };
    return verifyWithSsh(message, armored, { ...by, ...over });
  };

  test('holds over its bytes, for its signer and namespace', async () => {
    expect(codeOf(await verify())).toBe('holds');
    expect(codeOf(await verify({}, Buffer.from('other')))).toBe('integrity');
    expect(codeOf(await verify({ identity: 'somebody@example' }))).toBe('not-allowed');
    expect(codeOf(await verify({ namespace: 'file' }))).not.toBe('holds');
  });

  test('of a key with an end, or revoked, is judged at its time', async () => {
    const before = `${identity} valid-before="20271231Z" ${line}`;
    const at = (iso: string) => ({ allowedSigners: before, atMs: Date.parse(iso) });
    expect(codeOf(await verify(at('2027-12-30T00:00:00Z')))).toBe('holds');
    expect(codeOf(await verify(at('2028-01-02T00:00:00Z')))).toBe('not-allowed');
    expect(codeOf(await verify({ revoked: `${line}\n` }))).toBe('not-allowed');
  });

  test('is not made without the key', async () => {
    const keyFile = folder.path('nowhere');
    const signed = await signWithSsh(REPORT, { keyFile, namespace, deadlineMs: DEADLINE_MS });
    expect(codeOf(signed)).toBe('not-allowed');
  });
});

test('a program that does not end is ended at its deadline', async () => {
  const fifo = folder.path('fifo');
  execFileSync('mkfifo', [fifo]);
  const words = ['-l', '-f', fifo];
  const ran = await runTool({ program: 'ssh-keygen', words, input: REPORT, deadlineMs: 300 });
  expect(saidOf(ran)).toMatch(/did not end within 300 ms/);
});

test('a program that is not there is said to be missing', async () => {
  const call = { program: 'gpg', words: [], input: REPORT, deadlineMs: 300 } as const;
  const ran = await runTool({ ...call, env: { PATH: folder.path('.') } });
  expect(saidOf(ran)).toMatch(/there is no gpg program/);
});
