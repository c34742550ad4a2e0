import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/core/ledger/checkpoint.ts';
import { verifyUpdate } from '../../src/core/ledger/checkpoint-update.ts';
import { verifyProof } from '../../src/core/ledger/proof.ts';
import { parseVkey } from '../../src/core/ledger/signed-note.ts';
import { type Bench, BIN, bench } from './program.ts';
import { makeState, SIGNED_ENTRIES } from './state.ts';

let here: Bench;
let vkey: string;
beforeAll(async () => {
  here = bench();
  vkey = (await makeState(here.folder)).vkey;
});
afterAll(() => here.remove());

const list = (...words: string[]): { index: number; summary: string }[] =>
  JSON.parse(here.run('ledger', 'list', '-o', 'json', ...words).out).items;

describe('ledger list', () => {
  test('a line an entry, with age and UTC', () => {
    const { code, out } = here.run('ledger', 'list');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(1 + SIGNED_ENTRIES + 1);
    expect(lines[1]).toMatch(
      /^0 +4m +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +shop-1\.1\.0 +started +step 0$/,
    );
  });

  test('the filters', () => {
    expect(list('--promotion', 'pay-2.0.0').map(({ index }) => index)).toEqual([5]);
    expect(list('--type', 'started').map(({ index }) => index)).toEqual([0]);
    expect(list('--since', '150s').map(({ index }) => index)).toEqual([2, 3, 4, 5]);
    expect(list('--since', '7d')).toHaveLength(6);
    expect(list('--limit', '2').map(({ index }) => index)).toEqual([4, 5]);
    expect(list('--promotion', 'none')).toEqual([]);
  });

  test('-o json has apiVersion and kind', () => {
    const out = JSON.parse(here.run('ledger', 'list', '-o', 'json', '--limit', '1').out);
    expect(out).toMatchObject({
      apiVersion: 'aurora/v1',
      kind: 'LedgerEntryList',
      items: [{ index: 5, promotion: 'pay-2.0.0', summary: 'not covered yet', blobSha256: null }],
    });
  });

  test('the state directory comes from the option, else from AURORA_STATE', () => {
    const env = { AURORA_STATE: here.path('.aurora') };
    expect(here.runWith(env, 'ledger', 'list').code).toBe(0);
    expect(here.runWith(env, 'ledger', 'list', '--state', 'none').code).toBe(2);
  });
});

describe('ledger show', () => {
  test('the whole entry, and its exact bytes', () => {
    expect(here.run('ledger', 'show', '1').out).toContain('summary: step 1\n');
    const body = here.run('ledger', 'show', '1', '-o', 'body').out;
    const json = JSON.parse(here.run('ledger', 'show', '1', '-o', 'json').out);
    expect(json).toMatchObject({ kind: 'LedgerEntry', index: 1, body: JSON.parse(body) });
    const hash = createHash('sha256').update('\0').update(body).digest('hex');
    const db = new Database(here.path('.aurora/ledger.db'), { readonly: true });
    const stored = db.prepare('SELECT leaf_sha256 FROM audit_log WHERE summary = ?').pluck();
    expect(stored.get('step 1')).toBe(hash);
    db.close();
  });

  test('no such entry: 2', () => {
    expect(here.run('ledger', 'show', '6')).toMatchObject({ code: 2, out: '' });
  });
});

describe('ledger proof', () => {
  test('proves an entry under the newest checkpoint, with the public key alone', () => {
    const body = here.run('ledger', 'show', '3', '-o', 'body').out;
    const { code, out } = here.run('ledger', 'proof', '3');
    expect(code).toBe(0);
    const key = parseVkey(vkey);
    if (!key.ok) throw new Error(key.problem.message);
    const proven = verifyProof(out, body, key.value);
    expect(proven).toMatchObject({ ok: true, value: { index: 3, checkpoint: { size: 5 } } });
    expect(verifyProof(out, `${body} `, key.value).ok).toBe(false);
  });

  test('an entry that no checkpoint covers: 5; one that is not there: 2', () => {
    expect(here.run('ledger', 'proof', '5')).toMatchObject({ code: 5, out: '' });
    expect(here.run('ledger', 'proof', '6').code).toBe(2);
  });
});

describe('ledger consistency', () => {
  test('from a size or a checkpoint to the newest one, with the public key alone', () => {
    const key = parseVkey(vkey);
    if (!key.ok) throw new Error(key.problem.message);
    const { code, out } = here.run('ledger', 'consistency', '5');
    expect(code).toBe(0);
    const [first, , ...note] = out.split('\n');
    expect(first).toBe('old 5');
    writeFileSync(here.path('newest.checkpoint'), note.join('\n'));
    expect(here.run('ledger', 'consistency', 'newest.checkpoint').out).toBe(out);
    const tree = openCheckpoint(note.join('\n'), key.value);
    if (!tree.ok) throw new Error(tree.problem.message);
    expect(verifyUpdate(out, tree.value, key.value)).toEqual(tree);
    expect(here.run('ledger', 'consistency', '2', '5').out).toMatch(/^old 2\n(?:\S{44}\n)+\n/);
  });

  test('what was not signed, never was, or is of another history', async () => {
    expect(here.run('ledger', 'consistency', '2', '4').code).toBe(5);
    expect(here.run('ledger', 'consistency', '6').code).toBe(2);
    expect(here.run('ledger', 'consistency', '0').code).toBe(2);
    const other = bench();
    await makeState(other.folder);
    const foreign = other.run('ledger', 'consistency', '5').out.split('\n').slice(2).join('\n');
    other.remove();
    writeFileSync(here.path('foreign.checkpoint'), foreign);
    expect(here.run('ledger', 'consistency', 'foreign.checkpoint').code).toBe(6);
  });
});

test('ledger tiles: what is signed, in the public layout, and again without writing', () => {
  const { code, out } = here.run('ledger', 'tiles', 'published');
  expect([code, out]).toEqual([0, expect.stringMatching(/^written +2$/m)]);
  for (const name of ['checkpoint', 'tile/0/000.p/5', 'tile/entries/000.p/5']) {
    expect(here.files()).toContain(`published/${name}`);
  }
  expect(here.run('ledger', 'tiles', 'published').out).toMatch(/^written +0$/m);
  expect(here.run('ledger', 'tiles', 'other', '--state', 'none').code).toBe(2);
});

test('ledger cosign: asks a witness, keeps what it signed, and tiles publish it', async () => {
  const words = [
    '--folder',
    'w',
    '--name',
    'w.example',
    '--log',
    '.aurora/log.vkey',
    '--port',
    '0',
  ];
  const witness = spawn(process.execPath, [BIN, 'witness', ...words, '-o', 'json'], {
    cwd: here.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    let text = '';
    for await (const part of witness.stdout) {
      text += String(part);
      if (text.trimEnd().endsWith('}')) break;
    }
    const { url, vkey: key } = JSON.parse(text) as { url: string; vkey: string };
    writeFileSync(here.path('w.vkey'), `${key}\n`);
    const asked = ['ledger', 'cosign', '--witness', url, '--witness-key', 'w.vkey'];
    expect(here.run(...asked)).toMatchObject({ code: 0, err: '' });
    const note = readFileSync(here.path('.aurora/cosigned.checkpoint'), 'utf8');
    expect(note).toMatch(/^— w\.example \S+$/m);
    expect(here.run('ledger', 'tiles', 'cosigned').code).toBe(0);
    expect(readFileSync(here.path('cosigned/checkpoint'), 'utf8')).toBe(note);
    expect(here.run('ledger', 'verify', '-o', 'json').code).toBe(0);
  } finally {
    const ended = new Promise((done) => witness.once('exit', done));
    witness.kill();
    await ended;
  }
  const gone = ['--witness', 'http://127.0.0.1:9/', '--witness-key', 'w.vkey'];
  expect(here.run('ledger', 'cosign', ...gone).code).toBe(5);
});

describe('ledger verify', () => {
  test('an intact ledger, with the key given in each way', () => {
    const { code, out, err } = here.run('ledger', 'verify');
    expect(code).toBe(0);
    expect(out).toMatch(/^entries +6$/m);
    expect(err).toContain('published --vkey');
    writeFileSync(here.path('published.vkey'), `${vkey}\n`);
    expect(here.run('ledger', 'verify', '--vkey', vkey)).toMatchObject({ code: 0, err: '' });
    expect(here.run('ledger', 'verify', '--vkey', 'published.vkey').code).toBe(0);
    const json = JSON.parse(here.run('ledger', 'verify', '-o', 'json').out);
    expect(json).toMatchObject({
      kind: 'LedgerVerification',
      intact: true,
      entries: 6,
      damage: [],
    });
  });

  test('a reworded entry, and the key of another log: 6', async () => {
    cpSync(here.path('.aurora'), here.path('copy'), { recursive: true });
    const file = here.path('copy/ledger.db');
    const bytes = readFileSync(file);
    // Behind SQLite's back: its triggers let nothing be changed.
    bytes.write('step 7', bytes.indexOf('step 2'));
    writeFileSync(file, bytes);
    const { code, err } = here.run('ledger', 'verify', '--state', 'copy');
    expect(code).toBe(6);
    expect(err).toContain('damage: entry 2, ');
    const other = bench();
    const { vkey: foreign } = await makeState(other.folder);
    other.remove();
    expect(here.run('ledger', 'verify', '--vkey', foreign).code).toBe(6);
    rmSync(here.path('copy'), { recursive: true });
  });

  test('a file that is no ledger, and a key that is none', () => {
    expect(here.run('ledger', 'verify', '--vkey', 'gone.vkey')).toMatchObject({ code: 2 });
    writeFileSync(here.path('bad.vkey'), 'x+y');
    expect(here.run('ledger', 'verify', '--vkey', 'bad.vkey').code).toBe(2);
  });
});
