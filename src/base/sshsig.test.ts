import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { present } from './assert.ts';
import { utf8 } from './bytes.ts';
import { identityOf, parsePublicKey } from './public-key.ts';
import { parseSshLine } from './ssh-key.ts';
import { armorSshsig, sshsigFault, unarmorSshsig } from './sshsig.ts';

/** Made once by `ssh-keygen -Y sign -n aurora-sign-off` over the text below. */
const MESSAGE = utf8('the canary is fit to go');
const NAMESPACE = 'aurora-sign-off';
const CASES = {
  ed25519: {
    key:
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOFlChdm1nyO2XyW2TYp6lypKkSGnGbqUxLP6oVg4m3Z' +
      ' alice@example',
    spki: 'MCowBQYDK2VwAyEA4WUKF2bWfI7ZfJbZNinqXKkqRIacZupTEs/qhWDibdk=',
    signature: [
      '-----BEGIN SSH SIGNATURE-----',
      'U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg4WUKF2bWfI7ZfJbZNinqXKkqRI',
      'acZupTEs/qhWDibdkAAAAPYXVyb3JhLXNpZ24tb2ZmAAAAAAAAAAZzaGE1MTIAAABTAAAA',
      'C3NzaC1lZDI1NTE5AAAAQKF71QjJmLuo/YisrfrRA9/5NnjxX8OJKolV7VraVkjmeiuvsk',
      'ROI1BYhq1vNUzAnQI7xyCa0mZqfO86KgM6VQQ=',
      '-----END SSH SIGNATURE-----',
      '',
    ].join('\n'),
  },
  p256: {
    key:
      'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGfcKRnB' +
      'jS+qOrQQH/CJigv9x5F+RqOPkQRf0MlogbgXXwnfQ0YFJUh+LngDLx9TLyaxY17e4nma/BrOZe3ePJk=' +
      ' bob@example',
    spki:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ9wpGcGNL6o6tBAf8ImKC/3HkX5Go4+RBF/QyWiBuBdf' +
      'Cd9DRgUlSH4ueAMvH1MvJrFjXt7ieZr8Gs5l7d48mQ==',
    signature: [
      '-----BEGIN SSH SIGNATURE-----',
      'U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE',
      'EEZ9wpGcGNL6o6tBAf8ImKC/3HkX5Go4+RBF/QyWiBuBdfCd9DRgUlSH4ueAMvH1MvJrFj',
      'Xt7ieZr8Gs5l7d48mQAAAA9hdXJvcmEtc2lnbi1vZmYAAAAAAAAABnNoYTUxMgAAAGQAAA',
      'ATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAEkAAAAgFH5/M4mqpD1XfpeV6oPCFJ3jL5OwiUj8',
      'NOB0onAyPO8AAAAhAMYgPKqBiFfH6iK5UOeVjCWPKJvoitq6vojjwFBdA9ft',
      '-----END SSH SIGNATURE-----',
      '',
    ].join('\n'),
  },
  rsa: {
    key:
      'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC+IenyMwsxNz4UfDMwPpB/ObsZBdSVzYW2lO62/r5b' +
      'phWhwLahYwhfQ8bf6mQYow0B4+yBgPbaTrWdrCM7B05h9/y4bIXmdzBTIwn/IVl9WSETtYTJAwQuQEXE' +
      'M8xwoARRxElMIHGJzGa8BfJVA+evlqX0uXxv36EtxgkIYdFPqCcbSttTFMf1Exv+CrQVrvRsjyOmCEoA' +
      'PoFsClSOuMS8hfoPJH/qiif5ixE+7/zVEQbL8lbeAFCM8UDIjwWWEEWmPp6D5XnQBZ+PodOSlbruK2xi' +
      'Hj/UX5x4YJyRpQZytya/D2JKLMLyeBCjsROfR3qvu1VgmoieiwA0aUqPtiWH carol@example',
    signature: [
      '-----BEGIN SSH SIGNATURE-----',
      'U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBAL4h6fIzCzE3PhR8MzA+kH',
      '85uxkF1JXNhbaU7rb+vlumFaHAtqFjCF9Dxt/qZBijDQHj7IGA9tpOtZ2sIzsHTmH3/Lhs',
      'heZ3MFMjCf8hWX1ZIRO1hMkDBC5ARcQzzHCgBFHESUwgcYnMZrwF8lUD56+WpfS5fG/foS',
      '3GCQhh0U+oJxtK21MUx/UTG/4KtBWu9GyPI6YISgA+gWwKVI64xLyF+g8kf+qKJ/mLET7v',
      '/NURBsvyVt4AUIzxQMiPBZYQRaY+noPledAFn4+h05KVuu4rbGIeP9RfnHhgnJGlBnK3Jr',
      '8PYkoswvJ4EKOxE59Heq+7VWCaiJ6LADRpSo+2JYcAAAAPYXVyb3JhLXNpZ24tb2ZmAAAA',
      'AAAAAAZzaGE1MTIAAAEUAAAADHJzYS1zaGEyLTUxMgAAAQCnvP5PtFnYriNyHVTtz48Pb8',
      '6FTWHUfpr1gi+OkOZFbLB7jh+YEXvb07oEY0UqpuQgTUHXAS6C16OxevwcY2PfaKNQzW8Z',
      'ulpUZ3YPOxa7A9Dge/13U/Q/HyJCpMBW5ihKEcte5LqpjiXyAHI1rZM8V5s4AYhaS0/WND',
      'qKx3qYKXqLqemZ8NsJqpOi0SzbRT/P/0tDYJQskKjc4aDhcqCzzalvD/Xy72jSBg8cGQ7W',
      '55POytRlGpXi/+kBGrcPmXLLngCWnkWmNC8tfcRbPmNVbq5OIYM+x0qTEPNEWyrSxy6jKY',
      'YTFrjahC4K7knIstWH9423t8j32IksxjL7qSbY',
      '-----END SSH SIGNATURE-----',
      '',
    ].join('\n'),
  },
} as const;
/** Of 1024 bits. */
const WEAK_RSA =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDTh7j9qlfgT7rmT9HbJP7Z3zn7H4+ty8lXEev954y5' +
  '6zzqhOmIk+acoidFu5eK/s2c2UsPFbpgIj87IvNARN69Gm87cZhXN+/7BOfAFCOMqe5huIvb+UuIBZlT' +
  'Xw3vUE12oXT+M3GIgJslgl8JL73LrjCAvZQ4jMR4edmKwniOYQ== dave';

const keyOf = (name: keyof typeof CASES) => present(parseSshLine(CASES[name].key), name);
const blobOf = (name: keyof typeof CASES) => present(unarmorSshsig(CASES[name].signature), name);

describe.each(['ed25519', 'p256', 'rsa'] as const)('an ssh signature by %s', (name) => {
  const by = { key: keyOf(name), namespace: NAMESPACE };

  test('holds over its bytes, in its namespace, by its key', () => {
    expect(sshsigFault(blobOf(name), by, MESSAGE)).toBeNull();
    expect(sshsigFault(blobOf(name), by, utf8('the canary is fit to g0'))).toMatch(/these bytes/);
    expect(sshsigFault(blobOf(name), { ...by, namespace: 'file' }, MESSAGE)).toMatch(/made for/);
    const other = keyOf(name === 'rsa' ? 'p256' : 'rsa');
    expect(sshsigFault(blobOf(name), { ...by, key: other }, MESSAGE)).toMatch(/another key/);
  });

  test('with any changed byte does not', () => {
    const blob = blobOf(name);
    const survivors = [...blob.keys()].filter((at) => {
      const changed = blob.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      return sshsigFault(changed, by, MESSAGE) === null;
    });
    // The field `reserved` is for later: OpenSSH leaves its content aside. It is empty here.
    expect(survivors).toEqual([]);
  }, 30_000);

  test('is armored as it came', () => {
    expect(armorSshsig(blobOf(name))).toBe(CASES[name].signature);
  });

  test('cut short or made longer is refused', () => {
    const blob = blobOf(name);
    for (const length of [0, 5, 6, 10, 60, blob.length - 1]) {
      expect(sshsigFault(blob.slice(0, length), by, MESSAGE)).toMatch(/no ssh signature|bytes/);
    }
    expect(sshsigFault(Uint8Array.of(...blob, 0), by, MESSAGE)).not.toBeNull();
  });
});

test.each([
  ['', 'no armor'],
  ['-----BEGIN SSH SIGNATURE-----\nAAAA\n', 'no end'],
  ['-----BEGIN SSH SIGNATURE-----\n!!\n-----END SSH SIGNATURE-----\n', 'no base64'],
])('%j is no signature: %s', (text) => {
  expect(unarmorSshsig(text)).toBeNull();
});

describe('a public key of a plan', () => {
  test('is the same key in each of its writings', () => {
    const line = present(parsePublicKey(CASES.ed25519.key), 'ssh line');
    const file = present(parsePublicKey(CASES.ed25519.spki), 'key file');
    expect(identityOf(line)).toBe(identityOf(file));
    expect([line.form, file.form]).toEqual(['ssh', 'spki']);
    const bare = CASES.ed25519.key.split(' ').slice(0, 2).join(' ');
    expect(identityOf(present(parsePublicKey(bare), 'no comment'))).toBe(identityOf(line));
    const p256 = [CASES.p256.key, CASES.p256.spki].map((text) => parsePublicKey(text));
    expect(new Set(p256.map((key) => key && identityOf(key))).size).toBe(1);
    const upper = present(parsePublicKey(`openpgp4fpr:${'AB'.repeat(20)}`), 'upper case');
    expect(identityOf(upper)).toBe(`openpgp:${'ab'.repeat(20)}`);
  });

  test.each([
    ['', 'nothing'],
    ['ssh-ed25519', 'no key'],
    ['ssh-ed25519 AAAA', 'no key in it'],
    [CASES.ed25519.key.replace('ssh-ed25519', 'ssh-rsa'), 'another name than the key says'],
    [WEAK_RSA, 'an RSA key of 1024 bits'],
    [CASES.ed25519.spki.slice(0, -4), 'cut short'],
    [CASES.p256.spki.replace(/.{4}$/, 'AAAA'), 'a point beside the curve'],
    ['openpgp4fpr:abcd', 'a short fingerprint'],
  ])('%s is none: %s', (text) => {
    expect(parsePublicKey(text)).toBeNull();
  });
});

test('vectors: signatures of the OpenSSH tests', () => {
  const folder = process.env.AURORA_VECTORS;
  if (folder === undefined) {
    process.stderr.write('left out: signatures of the OpenSSH tests (AURORA_VECTORS is not set)\n');
    return;
  }
  const data = join(folder, 'evidence/sshsig/regress/unittests/sshsig/testdata');
  const message = readFileSync(join(data, 'signed-data'));
  const verdict = (name: string): string => {
    const key = parseSshLine(readFileSync(join(data, `${name}.pub`), 'utf8'));
    if (key === null) return 'key not taken';
    const blob = unarmorSshsig(readFileSync(join(data, `${name}.sig`), 'utf8'));
    if (blob === null) return 'no armor';
    return sshsigFault(blob, { key, namespace: 'unittest' }, message) ?? 'holds';
  };
  const names = ['ed25519', 'ecdsa', 'rsa', 'ed25519_sk'];
  const not = ['ecdsa_sk', 'ecdsa_sk_webauthn', 'mldsa44-ed25519'];
  expect(names.map(verdict)).toEqual(names.map(() => 'holds'));
  expect(not.map(verdict)).toEqual(not.map(() => 'key not taken'));
  process.stderr.write(`OpenSSH signatures: ${names.length} hold, ${not.length} kinds not taken\n`);
});
