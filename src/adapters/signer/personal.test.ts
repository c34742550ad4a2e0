import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { verifyByKey } from '../../base/key-material.ts';
import { parsePublicKey } from '../../base/public-key.ts';
import { createKeyFile } from './file.ts';
import { createP256KeyFile, openPersonalKey } from './personal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aurora-key-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MESSAGE = utf8('said');
const codeOf = (path: string): string => {
  const opened = openPersonalKey(path);
  return opened.ok ? opened.value.kind : opened.problem.code;
};

test.each(['p256', 'ed25519'] as const)(
  'a %s key file signs what its public key verifies',
  (kind) => {
    const path = join(folder, 'key.pem');
    expect((kind === 'p256' ? createP256KeyFile(path) : createKeyFile(path)).ok).toBe(true);
    expect(statSync(path).mode % 0o1000).toBe(0o600);
    const opened = openPersonalKey(path);
    if (!opened.ok) throw new Error(opened.problem.message);
    const key = parsePublicKey(opened.value.publicKey);
    if (key?.form !== 'spki') throw new Error('no key');
    const signature = opened.value.sign(MESSAGE);
    expect(opened.value.kind).toBe(kind);
    expect(verifyByKey(key.material, 'sha256', MESSAGE, signature)).toBe(true);
    expect(verifyByKey(key.material, 'sha256', utf8('else'), signature)).toBe(false);
    const again = createP256KeyFile(path);
    expect(again.ok ? 'made' : again.problem.code).toBe('conflict');
  },
);

test('what is no such key, or not for its owner alone, is refused, and never quoted', () => {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const pem = p384.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(codeOf(write('p384.pem', pem))).toBe('invalid-file');
  expect(codeOf(write('none.pem', 'hunter2'))).toBe('invalid-file');
  expect(codeOf(join(folder, 'nowhere'))).toBe('not-found');
  const open = join(folder, 'open.pem');
  createP256KeyFile(open);
  chmodSync(open, 0o644);
  expect(codeOf(open)).toBe('not-allowed');
  const refused = openPersonalKey(join(folder, 'none.pem'));
  expect(JSON.stringify(refused)).not.toContain('hunter2');
  expect(readFileSync(open, 'utf8')).toContain('PRIVATE KEY');
});
