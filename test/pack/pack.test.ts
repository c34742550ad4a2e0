/** `auroractl pack` and `relverify.mjs`, the real programs, on a ledger that the real engine wrote. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyStore } from '../../src/adapters/store/verify-store.ts';
import { present } from '../../src/base/assert.ts';
import { sha256 } from '../../src/base/digest.ts';
import { type Bench, bench, ROOT } from '../cli/program.ts';
import { must } from '../rig/ledger.ts';
import { simPlan } from '../sim/sim-plan.ts';
import { STORIES } from '../sim/story.ts';
import { packState, runPromotion } from './packed-ledger.ts';

const RELVERIFY = join(ROOT, 'dist/relverify.mjs');
const NODES = [process.execPath, '/usr/bin/node'].filter((path) => existsSync(path));
const ARCHIVE = 'evidence-shop-1.0.0.tar.gz';
const ARTIFACT = 'the released service';

let here: Bench;
let vkey: string;
let id: string;

beforeAll(async () => {
  here = bench();
  const state = here.path('.aurora');
  ({ vkey } = packState(state));
  mkdirSync(here.path('released'));
  writeFileSync(here.path('released/service.tar.gz'), ARTIFACT);
  const artifacts = [{ name: 'service.tar.gz', sha256: sha256(ARTIFACT) }];
  const { release } = simPlan('shop');
  id = await runPromotion(state, 'shop', { parts: { release: { ...release, artifacts } } });
  pack('one');
}, 60_000);
afterAll(() => here.remove());

function pack(folder: string, ...words: string[]) {
  return here.run('pack', 'shop', '--out', folder, ...words);
}

/** relverify in a folder that holds the archive and nothing else. */
function relverify(node: string, archive: string, ...words: string[]) {
  const folder = here.path(`empty-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  copyFileSync(RELVERIFY, join(folder, 'relverify.mjs'));
  copyFileSync(archive, join(folder, ARCHIVE));
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(node, ['relverify.mjs', ARCHIVE, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: '/nowhere' },
  });
  return { code: status, out: stdout, err: stderr, ms: performance.now() - started };
}

function unpacked(archive: string): string {
  const folder = here.path(`unpacked-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  return folder;
}

describe('auroractl pack', () => {
  test('writes the archive, its digest and its checkpoint', () => {
    const { code, out, err } = pack('two', '-o', 'json');
    expect([code, err.split('\n')[1]]).toEqual([0, `  sha256sum -c ${ARCHIVE}.sha256`]);
    const shown = JSON.parse(out) as { promotion: string; sha256: string; files: unknown[] };
    expect(shown).toMatchObject({
      kind: 'Pack',
      promotion: id,
      artifacts: 'digests',
      logKey: vkey,
    });
    expect(shown.sha256).toBe(sha256(readFileSync(here.path(`two/${ARCHIVE}`))));
    execFileSync('sha256sum', ['-c', `${ARCHIVE}.sha256`], { cwd: here.path('two') });
    const checkpoint = readFileSync(here.path('two/evidence-shop-1.0.0.checkpoint'), 'utf8');
    expect(checkpoint).toMatch(/^pack\.aurora\.example\n\d+\n/);
  });

  test('the same ledger gives the same bytes, also when it has grown since', async () => {
    const first = readFileSync(here.path(`one/${ARCHIVE}`));
    await runPromotion(here.path('.aurora'), 'pay', { roundsMax: 5 });
    expect(pack('three').code).toBe(0);
    expect(readFileSync(here.path(`three/${ARCHIVE}`)).equals(first)).toBe(true);
  }, 30_000);

  test('a promotion that has not ended: 5, with what to do', () => {
    const { code, err } = here.run('pack', 'pay-1.0.0');
    expect(code).toBe(5);
    expect(err).toMatch(/^error: pay-1\.0\.0-\d+ has not ended.*\nhint: auroractl explain pay-/);
    expect(here.run('pack', 'nobody')).toMatchObject({ code: 2 });
  });

  test('the released files go into it, and only these', () => {
    expect(pack('files', '--artifacts', 'released').code).toBe(0);
    const folder = unpacked(here.path(`files/${ARCHIVE}`));
    execFileSync('sha256sum', ['-c', 'CHECKSUMS.txt'], { cwd: folder });
    const verified = relverify(process.execPath, here.path(`files/${ARCHIVE}`));
    expect(verified.out).toMatch(/^ok {3}recomputed {2}the released files\n/m);
    mkdirSync(here.path('others'));
    writeFileSync(here.path('others/service.tar.gz'), 'another');
    const other = pack('no', '--artifacts', 'others');
    expect([other.code, other.err.split('\n')[0]]).toEqual([
      3,
      'error: service.tar.gz is not the file that was released',
    ]);
    expect(existsSync(here.path('no/' + ARCHIVE))).toBe(false);
  });

  test('its SQLite copy is a whole ledger, readable where nothing can be written', () => {
    const path = join(unpacked(here.path(`one/${ARCHIVE}`)), 'ledger.db');
    const db = new Database(path, { readonly: true });
    expect(db.prepare('SELECT count(*) FROM audit_log').pluck().get()).toBeGreaterThan(20);
    db.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(must(verifyStore(path, vkey))).toMatchObject({ damageCount: 0, unsignedEntries: 0 });
  });

  test('a ledger that does not verify is not packed: 6', () => {
    const state = here.path('damaged');
    execFileSync('cp', ['-r', here.path('.aurora'), state]);
    const db = new Database(join(state, 'ledger.db'));
    const rowid = 'SELECT min(seq) FROM interval_rows';
    db.exec(`UPDATE interval_rows SET body = replace(body, '0', '1') WHERE seq = (${rowid})`);
    db.close();
    const { code, err } = here.run('pack', 'shop', '--out', 'bad', '--state', 'damaged');
    expect([code, err.split('\n')[0]]).toEqual([
      6,
      'error: the ledger is damaged, and nothing of it is packed',
    ]);
    expect(existsSync(here.path('bad'))).toBe(false);
  });
});

describe('relverify', () => {
  test.each(NODES)('verifies with nothing but the archive: %s', (node) => {
    const { code, out, err, ms } = relverify(node, here.path(`one/${ARCHIVE}`), '--log-key', vkey);
    expect({ code, err, out }).toMatchObject({ code: 0, err: '' });
    expect(out).toContain('VERIFIED: every claim that can be recomputed holds.');
    expect(out).toContain('All of it rests on the log key that you named');
    expect(out).not.toContain('FAIL');
    // The bar is 1 s for 100 files (bench/pack.ts); a busy machine only has to come to an end.
    expect(ms).toBeLessThan(20_000);
  });

  test('says so when nobody pinned the key, and as JSON how each claim was shown', () => {
    const { code, out } = relverify(process.execPath, here.path(`one/${ARCHIVE}`), '-o', 'json');
    const report = JSON.parse(out) as { claims: { basis: string; holds: boolean | null }[] };
    expect(report).toMatchObject({ verified: true, isLogKeyPinned: false, outcome: 'promoted' });
    expect(code).toBe(0);
    for (const { basis, holds } of report.claims) {
      expect(holds).toBe(basis === 'recomputed' ? true : null);
    }
    const plain = relverify(process.execPath, here.path(`one/${ARCHIVE}`));
    expect(plain.out).toContain("a log key that is the pack's own word");
  });

  test('another key than the pinned one, and calls that are none', () => {
    const other = vkey.replace('pack.aurora.example', 'log.aurora.example');
    const archive = here.path(`one/${ARCHIVE}`);
    expect(relverify(process.execPath, archive, '--log-key', other)).toMatchObject({ code: 1 });
    expect(relverify(process.execPath, archive, '--nonsense')).toMatchObject({ code: 2 });
    expect(relverify(process.execPath, archive, 'another.tar.gz')).toMatchObject({ code: 2 });
    const missing = relverify(process.execPath, archive, '--also', 'nowhere.tar.gz');
    expect(missing.err).toMatch(/^error: nowhere\.tar\.gz can't be read \(ENOENT\)/);
  });

  test('a later pack and an earlier checkpoint of the log: one history; another ledger under its key: not', async () => {
    const first = here.path(`one/${ARCHIVE}`);
    await runPromotion(here.path('.aurora'), 'mail');
    expect(here.run('pack', 'mail', '--out', 'later')).toMatchObject({ code: 0 });
    const later = here.path('later/evidence-mail-1.0.0.tar.gz');
    expect(relverify(process.execPath, first, '--also', later)).toMatchObject({ code: 0 });
    const since = here.path('one/evidence-shop-1.0.0.checkpoint');
    expect(relverify(process.execPath, later, '--since', since)).toMatchObject({ code: 0 });

    // The same signer, an empty ledger, and a release that went another way.
    packState(here.path('twin'));
    await runPromotion(here.path('twin'), 'mail', {
      story: present(STORIES[2], 'a bad story'),
      seed: 7,
    });
    const words = ['--state', 'twin', '--out', 'forged'];
    expect(here.run('pack', 'mail', ...words)).toMatchObject({ code: 0 });
    const forged = here.path('forged/evidence-mail-1.0.0.tar.gz');
    const both = relverify(process.execPath, later, '--also', forged);
    expect([both.code, both.out]).toEqual([1, expect.stringMatching(/entry \d+/)]);
    const behind = relverify(process.execPath, forged, '--since', since);
    expect(behind.code).toBe(1);
  }, 60_000);

  test('the statements of the decision lie in it, and follow from the ledger', () => {
    const folder = unpacked(here.path(`one/${ARCHIVE}`));
    const names = readdirSync(join(folder, 'statements'));
    expect(names).toEqual(expect.arrayContaining(['decision-1.json', 'summary-1.json']));
    const text = readFileSync(join(folder, 'statements/summary-1.json'), 'utf8');
    const { _type, subject, predicate } = JSON.parse(text);
    expect([_type, predicate.verificationResult]).toEqual([
      'https://in-toto.io/Statement/v1',
      'PASSED',
    ]);
    expect(subject).toEqual([{ name: 'service.tar.gz', digest: { sha256: sha256(ARTIFACT) } }]);
  });

  test('it lies in the archive, byte for byte', () => {
    const folder = unpacked(here.path(`one/${ARCHIVE}`));
    expect(readFileSync(join(folder, 'relverify.mjs')).equals(readFileSync(RELVERIFY))).toBe(true);
  });
});

describe('VERIFY.md', () => {
  test('every block of commands ends with 0 in the unpacked folder', () => {
    const folder = unpacked(here.path(`one/${ARCHIVE}`));
    const blocks = blocksOf(folder);
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    expect(blocks.map((commands) => [commands, runBlock(folder, commands)])).toEqual(
      blocks.map((commands) => [commands, 0]),
    );
  });

  test.each([
    'ledger/checkpoint',
    'ledger/tile/entries',
    'intervals.jsonl',
    'plan.json',
    'sign-offs',
  ])('a byte changed in %s is noticed by the manifest and by a block beside it', (name) => {
    const folder = unpacked(here.path(`one/${ARCHIVE}`));
    const found = execFileSync('find', [join(folder, name), '-type', 'f'], { encoding: 'utf8' });
    const [path = ''] = found.split('\n').sort().filter(Boolean);
    const bytes = readFileSync(path);
    const at = name === 'ledger/checkpoint' ? 30 : bytes.length - 20;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const blocks = blocksOf(folder);
    const failed = blocks.filter((commands) => runBlock(folder, commands) !== 0);
    expect(failed[0]).toContain('MANIFEST.sha256');
    expect(failed.length).toBeGreaterThanOrEqual(2);
  });
});

describe('signatures of people', () => {
  test('ssh: archive and manifest; relverify checks the manifest by the key that is named', () => {
    const key = here.path('signer');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const { code, err } = pack('ssh', '--sign-ssh', key);
    expect({ code, err }).toMatchObject({ code: 0 });
    const archive = here.path(`ssh/${ARCHIVE}`);
    const line = readFileSync(`${key}.pub`, 'utf8').trim();
    expect(relverify(process.execPath, archive, '--manifest-key', line)).toMatchObject({
      code: 0,
      out: expect.stringContaining('ok   recomputed  the manifest is signed by the key'),
    });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', here.path('other')]);
    const other = readFileSync(here.path('other.pub'), 'utf8').trim();
    expect(relverify(process.execPath, archive, '--manifest-key', other).out).toContain(
      'MANIFEST.sha256.sig: it is by another key',
    );
    const folder = unpacked(archive);
    expect(blocksOf(folder).map((commands) => runBlock(folder, commands))).not.toContain(1);
    const signers = join(folder, 'keys/manifest.allowed-signers');
    const words = ['-Y', 'verify', '-f', signers, '-I', 'aurora-pack', '-n', 'aurora-pack'];
    const input = readFileSync(archive);
    execFileSync('ssh-keygen', [...words, '-s', `${archive}.sig`], { input });
  });

  test('gpg: archive and manifest; a key that is revoked signs nothing', () => {
    const home = here.path('gnupg');
    mkdirSync(home, { mode: 0o700 });
    const env = { ...process.env, GNUPGHOME: home };
    const gpg = (...words: string[]) =>
      execFileSync('gpg', ['--batch', '--quiet', ...words], {
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    const who = 'packer@example.org';
    gpg('--passphrase', '', '--quick-gen-key', who, 'ed25519', 'sign', '1y');
    const made = here.runWith(
      { GNUPGHOME: home },
      'pack',
      'shop',
      '--out',
      'gpg',
      '--sign-gpg',
      who,
    );
    expect(made).toMatchObject({ code: 0 });
    const archive = here.path(`gpg/${ARCHIVE}`);
    const status = gpg('--status-fd', '1', '--verify', `${archive}.asc`, archive).toString();
    expect(status).toMatch(/^\[GNUPG:\] GOODSIG /m);
    const folder = unpacked(archive);
    const codes = blocksOf(folder).map((commands) => runBlock(folder, commands));
    expect(new Set(codes)).toEqual(new Set([0]));
    const nobody = here.runWith(
      { GNUPGHOME: home },
      'pack',
      'shop',
      '--sign-gpg',
      'nobody@example.org',
    );
    expect(nobody).toMatchObject({ code: 4, err: expect.stringContaining('gpg has no key') });
    const revocations = join(home, 'openpgp-revocs.d');
    const [name = ''] = readdirSync(revocations);
    const text = readFileSync(join(revocations, name), 'utf8').replace(/^:---/m, '---');
    writeFileSync(here.path('revocation'), text);
    gpg('--import', here.path('revocation'));
    const revoked = here.runWith(
      { GNUPGHOME: home },
      'pack',
      'shop',
      '--out',
      'rev',
      '--sign-gpg',
      who,
    );
    expect(revoked).toMatchObject({ code: 4, err: expect.stringContaining('gpg did not sign') });
    expect(existsSync(here.path(`rev/${ARCHIVE}`))).toBe(false);
    spawnSync('gpgconf', ['--kill', 'all'], { env });
  }, 60_000);
});

function blocksOf(folder: string): string[] {
  const text = readFileSync(join(folder, 'VERIFY.md'), 'utf8');
  return [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, commands = '']) => commands);
}

function runBlock(folder: string, commands: string): number | null {
  return spawnSync('bash', ['-c', commands], { cwd: folder, stdio: 'ignore' }).status;
}
