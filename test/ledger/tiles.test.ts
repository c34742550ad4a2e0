/**
 * The published folder, read as a stranger would: by the paths of C2SP tlog-tiles and the rules of
 * RFC 6962 alone, written out here once more, with no code of the ledger's.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSqliteReader } from '../../src/adapters/store/sqlite-reader.ts';
import { publishTilesOf } from '../../src/app.ts';
import { openCheckpoint } from '../../src/core/ledger/checkpoint.ts';
import { formatUpdate, verifyUpdate } from '../../src/core/ledger/checkpoint-update.ts';
import { consistencyProof } from '../../src/core/ledger/merkle-proof.ts';
import { parseVkey } from '../../src/core/ledger/signed-note.ts';
import { must, type RigLedger, rigLedger } from '../rig/ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'aurora-tiles-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** MTH of RFC 6962, section 2.1, by its definition. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (leaves.length <= 1) return only ?? sha256();
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

function numbered(index: number): string {
  const digits = String(index).padStart(3 * Math.ceil(String(index).length / 3), '0');
  const parts = digits.match(/.{3}/g) ?? [];
  return parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join('/');
}

/** The bytes of a row of tiles whose full width is `count` items. */
function row(folder: string, level: string, count: number): { bytes: Buffer; width: number }[] {
  const tiles: { bytes: Buffer; width: number }[] = [];
  for (let at = 0; at < count; at += 256) {
    const width = Math.min(256, count - at);
    const name = `${numbered(at / 256)}${width === 256 ? '' : `.p/${width}`}`;
    tiles.push({ bytes: readFileSync(join(folder, 'tile', level, name)), width });
  }
  return tiles;
}

function bodiesOf(folder: string, size: number): Buffer[] {
  return row(folder, 'entries', size).flatMap(({ bytes, width }) => {
    const bodies: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const end = at + 2 + bytes.readUInt16BE(at);
      bodies.push(bytes.subarray(at + 2, end));
      at = end;
    }
    expect(bodies).toHaveLength(width);
    return bodies;
  });
}

/** The checkpoint's size, after everything that it covers has been hashed again from the files. */
function readAll(folder: string, vkey: string): number {
  const note = readFileSync(join(folder, 'checkpoint'), 'utf8');
  const [text = '', signatures = ''] = note.split('\n\n');
  const [origin = '', digits = '', encoded] = text.split('\n');
  const key = Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1);
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const signature = Buffer.from(signatures.split(' ')[2] ?? '', 'base64').subarray(4);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  expect(verify(null, Buffer.from(`${text}\n`), publicKey, signature)).toBe(true);
  expect(vkey.startsWith(`${origin}+`)).toBe(true);
  const size = Number(digits);
  const leaves = bodiesOf(folder, size).map((body) => sha256(Buffer.of(0), body));
  expect(treeHash(leaves).toString('base64')).toBe(encoded);
  let below = leaves;
  for (let level = 0; below.length > 0; level += 1) {
    const tiles = row(folder, String(level), below.length).map(({ bytes }) => bytes);
    expect(Buffer.concat(tiles).equals(Buffer.concat(below)), `level ${level}`).toBe(true);
    const whole = Math.floor(below.length / 256);
    below = Array.from({ length: whole }, (_, i) => treeHash(below.slice(256 * i, 256 * i + 256)));
  }
  return size;
}

const publish = (ledger: RigLedger, folder: string) =>
  publishTilesOf(ledger.state, { folder, vkey: ledger.vkey });

function stamps(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(
    files.map((name) => {
      const { ino, mtimeNs } = statSync(join(folder, name), { bigint: true });
      return [name, `${ino} ${mtimeNs}`];
    }),
  );
}

test('grows by what is new; full tiles are written once', async () => {
  const ledger = rigLedger(join(root, 'grown'));
  const folder = join(root, 'grown-files');
  expect(await publish(ledger, folder)).toMatchObject({ ok: false });
  await ledger.grow(0, false);
  expect(await publish(ledger, folder)).toMatchObject({ problem: { code: 'inconclusive' } });
  for (const [count, size] of [
    [1, 1],
    [254, 255],
    [1, 256],
    [1, 257],
    [300, 557],
  ] as const) {
    await ledger.grow(count);
    const before = existsSync(folder) ? stamps(folder) : new Map<string, string>();
    expect(must(await publish(ledger, folder)).size).toBe(size);
    expect(readAll(folder, ledger.vkey)).toBe(size);
    const after = stamps(folder);
    for (const [name, stamp] of before) {
      if (name === 'checkpoint' || name.includes('.p/')) continue;
      expect(after.get(name), name).toBe(stamp);
    }
    expect([...after.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }
  expect(existsSync(join(folder, 'tile/0/000.p'))).toBe(false);
  const again = must(await publish(ledger, folder));
  expect(again).toMatchObject({ size: 557, sizeBefore: 557, written: 0 });
});

test('broken off half way, it goes on; another history or other bytes are refused', async () => {
  const ledger = rigLedger(join(root, 'broken'));
  const folder = join(root, 'broken-files');
  await ledger.grow(600);
  must(await publish(ledger, folder));
  rmSync(join(folder, 'checkpoint'));
  rmSync(join(folder, 'tile/entries/001'));
  writeFileSync(join(folder, 'tile/entries/001.tmp'), 'half');
  expect(must(await publish(ledger, folder))).toMatchObject({ sizeBefore: 0, written: 1 });
  expect(readAll(folder, ledger.vkey)).toBe(600);
  rmSync(join(folder, 'tile/0/000'));
  expect(must(await publish(ledger, folder))).toMatchObject({ sizeBefore: 600, written: 1 });

  const fork = rigLedger(join(root, 'fork'), ledger);
  await fork.grow(10, false);
  await fork.grow(700);
  expect(await publish(fork, folder)).toMatchObject({ problem: { code: 'integrity' } });
  const behind = rigLedger(join(root, 'behind'), ledger);
  await behind.grow(5);
  expect(await publish(behind, folder)).toMatchObject({ problem: { code: 'integrity' } });

  rmSync(join(folder, 'checkpoint'));
  const bundle = readFileSync(join(folder, 'tile/entries/000'));
  bundle[1_000] = (bundle[1_000] ?? 0) ^ 1;
  writeFileSync(join(folder, 'tile/entries/000'), bundle);
  expect(await publish(ledger, folder)).toMatchObject({
    problem: { code: 'integrity', message: expect.stringMatching(/entries\/000 .*byte 1000$/) },
  });
  expect(existsSync(join(folder, 'checkpoint')), 'no checkpoint of what is not there').toBe(false);
});

test('a consistency proof holds between any two signed sizes, and for no other tree', async () => {
  const ledger = rigLedger(join(root, 'consistent'));
  const notes: string[] = [];
  for (const count of [1, 2, 5, 8, 17, 40]) notes.push(await ledger.grow(count));
  const key = must(parseVkey(ledger.vkey));
  const reader = must(openSqliteReader(ledger.files.ledger));
  const trees = notes.map((note) => ({ note, tree: must(openCheckpoint(note, key)) }));
  for (const [i, early] of trees.entries()) {
    for (const late of trees.slice(i)) {
      const sizes = [early.tree.size, late.tree.size] as const;
      const hashes = must(consistencyProof(...sizes, reader.node));
      const text = formatUpdate({ oldSize: sizes[0], hashes, checkpoint: late.note });
      expect(must(verifyUpdate(text, early.tree, key)).size).toBe(sizes[1]);
      const other = { ...early.tree, root: sha256(early.tree.root) };
      expect(verifyUpdate(text, other, key).ok).toBe(false);
      expect(verifyUpdate(text, { ...early.tree, size: sizes[0] + 1 }, key).ok).toBe(false);
      const lines = text.split('\n');
      if (hashes.length > 1) {
        [lines[1], lines[2]] = [lines[2] ?? '', lines[1] ?? ''];
        expect(verifyUpdate(lines.join('\n'), early.tree, key).ok).toBe(false);
      }
    }
  }
  reader.close();
});
