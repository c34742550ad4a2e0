/** Backup, restore, drill and export as a person calls them. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKeyFile } from '../../src/adapters/signer/file.ts';
import { fileEvidence } from '../../src/adapters/sources/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { takeLock } from '../../src/process/exclusive-lock.ts';
import { batch, checkpointAfter, headOf, leaf } from '../contract/ledger-store.ts';
import { must } from '../rig/ledger.ts';
import { type Bench, bench } from './program.ts';
import { makeState } from './state.ts';

const FORMULA = '=HYPERLINK("http://evil.example","click, me")';

let here: Bench;
let backup = '';
let published = '';
beforeAll(async () => {
  here = bench();
  await makeState(here.folder);
  backup = JSON.parse(here.run('ledger', 'backup', '-o', 'json').out).path;
  published = await appendSigned();
});
afterAll(() => here.remove());

/** Two entries more, under a checkpoint that somebody publishes. */
async function appendSigned(): Promise<string> {
  const store = must(openSqliteStore(here.path('.aurora/ledger.db')));
  const atMs = Date.now();
  const leaves = [
    leaf({ n: 7, atMs, actor: FORMULA, summary: 'said "no",\r\nand went' }),
    leaf({ n: 8, atMs: atMs - 30 * 86_400_000, summary: 'long ago, by a clock set back' }),
  ];
  const signer = must(openKeyFile(here.path('.aurora/log.key')));
  const note = await checkpointAfter(await headOf(store), leaves, signer);
  must(await store.append(batch({ firstIndex: 6, leaves, checkpoint: note })));
  store.close();
  writeFileSync(here.path('published.checkpoint'), note);
  return 'published.checkpoint';
}

describe('ledger backup', () => {
  test('into the state directory, with its numbers', () => {
    const { code, out } = here.run('ledger', 'backup', '--keep', '2');
    expect(code).toBe(0);
    expect(out).toMatch(/^entries +8$/m);
    const names = readdirSync(here.path('.aurora/backups'));
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^ledger-\d{8}T\d{6}Z-[68]-[0-9a-f]{16}\.db\.zst$/);
    }
  });

  test('a file by name; a folder from the environment', () => {
    expect(here.run('ledger', 'backup', '--out', 'one.zst').code).toBe(0);
    expect(existsSync(here.path('one.zst'))).toBe(true);
    const env = { AURORA_BACKUP_FOLDER: here.path('elsewhere') };
    expect(here.runWith(env, 'ledger', 'backup').code).toBe(0);
    expect(readdirSync(here.path('elsewhere'))).toHaveLength(1);
  });

  test('wrong words: 2; no ledger: 2', () => {
    expect(here.run('ledger', 'backup', '--keep', '0').code).toBe(2);
    expect(here.run('ledger', 'backup', '--keep', 'all').code).toBe(2);
    expect(here.run('ledger', 'backup', '--keep-for', 'long').code).toBe(2);
    expect(here.run('ledger', 'backup', '--state', 'none').code).toBe(2);
  });

  test('a damaged ledger gives none: 6', () => {
    mkdirSync(here.path('damaged'));
    for (const name of ['ledger.db', 'log.vkey']) {
      copyFileSync(here.path(`.aurora/${name}`), here.path(`damaged/${name}`));
    }
    const bytes = readFileSync(here.path('damaged/ledger.db'));
    bytes.write('step 7', bytes.indexOf('step 2'));
    writeFileSync(here.path('damaged/ledger.db'), bytes);
    const { code, err } = here.run('ledger', 'backup', '--state', 'damaged');
    expect(code).toBe(6);
    expect(err).toMatch(/entry 2, /);
    expect(readdirSync(here.path('damaged/backups'))).toEqual([]);
    expect(here.run('ledger', 'export', '--state', 'damaged').code).toBe(6);
  });
});

describe('ledger restore', () => {
  test('older than what was published: 4; a controller holds the lock: 4', () => {
    const old = here.run('ledger', 'restore', backup, '--checkpoint', published);
    expect(old).toMatchObject({ code: 4, out: '' });
    expect(old.err).toMatch(/has 6 entries, and a checkpoint was signed for 8/);
    const unsaid = here.run('ledger', 'restore', backup);
    expect(unsaid.code).toBe(4);
    expect(unsaid.err).toContain('--unpublished');
    const lock = must(takeLock(here.path('.aurora/controller.lock'), 'controller'));
    const held = here.run('ledger', 'restore', backup, '--unpublished');
    lock.release();
    expect(held).toMatchObject({ code: 4, err: expect.stringContaining('controller stop') });
    expect(JSON.parse(here.run('ledger', 'verify', '-o', 'json').out).entries).toBe(8);
  });

  test('a flipped byte: 6; no such file: 2', () => {
    const bytes = readFileSync(backup);
    bytes[99] = (bytes[99] ?? 0) ^ 4;
    writeFileSync(here.path('flipped.zst'), bytes);
    expect(here.run('ledger', 'restore', 'flipped.zst', '--unpublished').code).toBe(6);
    expect(here.run('ledger', 'restore', 'none.zst', '--unpublished').code).toBe(2);
    expect(here.run('ledger', 'restore', backup, '--checkpoint', 'none').code).toBe(2);
    const wrong = here.run('ledger', 'restore', backup, '--checkpoint', '.aurora/log.vkey');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/log\.vkey: /) });
  });

  test('to another machine with the key alone, tied to what was published', () => {
    copyFileSync(here.path('.aurora/log.vkey'), here.path('log.vkey'));
    const words = ['--state', 'new', '--vkey', 'log.vkey', '--checkpoint', published];
    const { code, out, err } = here.run('ledger', 'restore', 'one.zst', ...words, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'LedgerRestore',
      entries: 8,
      tiedToSize: 8,
      replaced: null,
    });
    expect(err).toContain('log.key is in no backup');
    const verified = here.run('ledger', 'verify', '--state', 'new', '--vkey', 'log.vkey');
    expect(verified.code).toBe(0);
  });
});

describe('drill restore', () => {
  const report = (): Record<string, unknown> =>
    JSON.parse(readFileSync(here.path('reports/restore-drill.json'), 'utf8'));

  test('timed, compared, recorded; a gate reads its seconds', async () => {
    expect(here.run('drill', 'restore', backup, '--by', 'sre').code).toBe(0);
    expect(report()).toMatchObject({
      kind: 'RestoreDrill',
      ...{ by: 'sre', passed: true, entries: 6, entriesBehind: 2, tiedToSize: 5 },
      limitSeconds: 3600,
    });
    const query = { path: 'reports/restore-drill.json', field: 'seconds' };
    const read = await fileEvidence({ source: 'file', ...query }, { workFolder: here.folder });
    expect(read).toMatchObject({ value: report().seconds });
    expect(readdirSync(here.path('.aurora')).filter((name) => /work|replaced/.test(name))).toEqual(
      [],
    );
  });

  test('too slow, or damaged: 1, and the report says so; no backup: 2', () => {
    expect(here.run('drill', 'restore', backup, '--limit', '1ms').code).toBe(1);
    expect(report()).toMatchObject({ passed: false, problem: null, limitSeconds: 0.001 });
    const damaged = here.run('drill', 'restore', 'flipped.zst');
    expect(damaged.code).toBe(1);
    expect(report()).toMatchObject({ passed: false, seconds: null, entries: null });
    expect(here.run('drill', 'restore', '--folder', 'no-folder').code).toBe(2);
    expect(here.run('drill', 'rollback').code).toBe(2);
  });
});

describe('ledger export', () => {
  /** The lines that it says an outsider can run. */
  let commands: string[] = [];
  const outsider = (line: string): number | null =>
    spawnSync('sh', ['-c', line], { cwd: here.folder }).status;

  test('a parser of another hand reads it; no cell is a formula', () => {
    const { code, out, err } = here.run('ledger', 'export', '--out', 'week.csv', '-o', 'json');
    expect(code).toBe(0);
    commands = err.split('\n').filter((line) => line.startsWith('  '));
    expect(JSON.parse(out)).toMatchObject({ kind: 'LedgerExport', rows: 7, firstId: 0, lastId: 6 });
    const text = readFileSync(here.path('week.csv'), 'utf8');
    const rows: Record<string, string>[] = parse(text, { columns: true, recordDelimiter: '\r\n' });
    const db = new Database(here.path('.aurora/ledger.db'), { readonly: true });
    const since = "WHERE timestamp > datetime('now','-7 days')";
    const wanted = db.prepare(`SELECT * FROM audit_log ${since}`).all() as Record<
      string,
      unknown
    >[];
    db.close();
    expect(rows).toHaveLength(wanted.length);
    rows.forEach((row, i) => {
      for (const [column, value] of Object.entries(wanted[i] ?? {})) {
        const cell = row[column]?.replace(/^'/, '');
        expect(cell, column).toBe(value === null ? '' : String(value));
      }
    });
    expect(rows[6]?.actor).toBe(`'${FORMULA}`);
    expect(rows[6]?.summary).toBe('said "no",\r\nand went');
  });

  test('sha256sum and openssl hold for it, and for nothing that was changed', () => {
    expect(commands.map((line) => line.trim().split(' ')[0])).toEqual(['sha256sum', 'openssl']);
    expect(commands.map(outsider)).toEqual([0, 0]);
    const sound = readFileSync(here.path('week.csv'));
    writeFileSync(here.path('week.csv'), Buffer.concat([sound, Buffer.from('\r\n')]));
    expect(commands.map(outsider)).toEqual([1, 1]);
    writeFileSync(here.path('week.csv'), sound);
  });

  test('beside the other reports where no file is named; wrong words and a lost key', () => {
    expect(here.run('ledger', 'export', '--since', '1h').code).toBe(0);
    const day = new Date().toISOString().slice(0, 10);
    expect(existsSync(here.path(`reports/ledger-${day}.csv.sig`))).toBe(true);
    expect(here.run('ledger', 'export', '--since', 'a week').code).toBe(2);
    renameSync(here.path('.aurora/log.key'), here.path('.aurora/log.away'));
    rmSync(here.path('lost.csv'), { force: true });
    expect(here.run('ledger', 'export', '--out', 'lost.csv').code).toBe(2);
    expect(existsSync(here.path('lost.csv'))).toBe(false);
    renameSync(here.path('.aurora/log.away'), here.path('.aurora/log.key'));
  });
});
