/** Other people's numbers: read from the folder AURORA_VECTORS names, left out without it. */
import { createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../../base/bytes.ts';
import type { Result } from '../../base/result.ts';
import { formatCheckpoint, openCheckpoint, parseCheckpointText } from './checkpoint.ts';
import { completingLeaf, EMPTY_FRONTIER, extend, leafHash, nodeHash, rootOf } from './merkle.ts';
import {
  type HashReader,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './merkle-proof.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { formatNote, noteKey, openNote, parseVkey } from './signed-note.ts';
import { decodeBundle, encodeBundle, tileBytes } from './tile.ts';

const folder = process.env.AURORA_VECTORS;

function vectors(name: string, file: string, check: (folder: string) => number): void {
  test(`vectors: ${name}`, () => {
    if (folder === undefined) {
      process.stderr.write(`left out: ${name} (AURORA_VECTORS is not set)\n`);
      return;
    }
    const count = check(join(folder, 'evidence'));
    expect(count, 'cases found').toBeGreaterThan(0);
    console.log(`${file}: ${count} cases`);
  });
}

// What comes back is only as good as the vectors' own description of it.
const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;
const base64 = (text: string | null): Uint8Array => fromBase64(text ?? '') ?? new Uint8Array();

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

function casesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}

interface ProofCase {
  proof: string[] | null;
  desc: string;
  wantErr: boolean;
}

vectors('inclusion proofs of transparency-dev/merkle', 'merkle-inclusion.json', (evidence) => {
  const files = casesIn(join(evidence, 'merkle/testdata/inclusion'));
  for (const file of files) {
    type Case = ProofCase & { leafIdx: number; treeSize: number; root: string; leafHash: string };
    const c = json<Case>(file);
    const holds = verifyInclusion({
      index: c.leafIdx,
      size: c.treeSize,
      leafHash: base64(c.leafHash),
      root: base64(c.root),
      proof: (c.proof ?? []).map(base64),
    });
    expect(holds, `${file}: ${c.desc}`).toBe(!c.wantErr);
  }
  return files.length;
});

vectors('consistency proofs of transparency-dev/merkle', 'merkle-consistency.json', (evidence) => {
  const files = casesIn(join(evidence, 'merkle/testdata/consistency'));
  let placeholders = 0;
  for (const file of files) {
    type Case = ProofCase & { size1: number; size2: number; root1: string; root2: string };
    const c = json<Case>(file);
    const holds = verifyConsistency({
      size1: c.size1,
      size2: c.size2,
      root1: base64(c.root1),
      root2: base64(c.root2),
      proof: (c.proof ?? []).map(base64),
    });
    // One case stands in two texts for equal roots; here only a SHA-256 is a root.
    const areRoots = [c.root1, c.root2].every((root) => base64(root).length === 32);
    expect(holds, `${file}: ${c.desc}`).toBe(!c.wantErr && areRoots);
    if (!c.wantErr && !areRoots) placeholders += 1;
  }
  expect(placeholders).toBe(1);
  return files.length;
});

vectors('the tree of RFC 6962', 'rfc6962-tree.json', (evidence) => {
  interface Tree {
    leafInputsHex: string[];
    rootHashesBySize: string[];
    nodeHashesByLevel: string[][];
    hasher: { desc: string; want: string; leftUtf8?: string; rightUtf8?: string }[];
  }
  const tree = json<Tree>(evidence, 'extracted/rfc6962-tree.json');
  const leaves = tree.leafInputsHex.map((hex) => leafHash(present(fromHex(hex), hex)));
  tree.rootHashesBySize.forEach((root, size) => {
    expect(toHex(rootOf(leaves.slice(0, size)))).toBe(root);
  });
  const read = readerOf(leaves);
  tree.nodeHashesByLevel.forEach((nodes, level) => {
    // Of the unfinished right edge no node is stored.
    nodes.forEach((hex, index) => {
      const hash = read(level, index);
      if (hash !== null) expect(toHex(hash), `${level}/${index}`).toBe(hex);
    });
  });
  expect(() => nodeHash(utf8('N123'), utf8('N456'))).toThrow(/two hashes/);
  return leaves.length;
});

function readerOf(leaves: readonly Uint8Array[]): HashReader {
  const { completed } = extend(EMPTY_FRONTIER, leaves);
  return (level, index) =>
    level === 0
      ? (leaves[index] ?? null)
      : (completed[completingLeaf({ level, index })]?.[level - 1] ?? null);
}

/** The signing key of a Go note: PRIVATE+KEY+name+id+base64(0x01 || seed). */
function goSigner(skey: string) {
  const [, , name = '', , ...rest] = skey.split('+');
  const seed = present(fromBase64(rest.join('+')), 'a seed').slice(1);
  const der = Buffer.from(`302e020100300506032b657004220420${toHex(seed)}`, 'hex');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { name, sign: (text: string) => new Uint8Array(sign(null, utf8(text), key)) };
}

vectors("tessera's golden log, byte for byte", 'tessera-log.json', (evidence) => {
  interface Golden {
    skey: string;
    vkey: string;
    leaves: string[];
    checkpointsBySize: Record<string, string>;
  }
  const golden = json<Golden>(evidence, 'extracted/tessera-log.json');
  const signer = goSigner(golden.skey);
  const key = ok(parseVkey(golden.vkey));
  const bodies = golden.leaves.map(utf8);
  const leaves = bodies.map(leafHash);
  const read = readerOf(leaves);
  for (let size = 0; size <= leaves.length; size += 1) {
    const checkpoint = { origin: signer.name, size, root: rootOf(leaves.slice(0, size)) };
    const text = `${signer.name}\n${size}\n${toBase64(checkpoint.root)}\n`;
    const note = ok(formatCheckpoint(checkpoint, key.publicKey, signer.sign(text)));
    expect(note).toBe(golden.checkpointsBySize[String(size)]);
    expect(note).toBe(
      readFileSync(join(evidence, `tessera/testdata/log/checkpoint.${size}`), 'utf8'),
    );
    expect(ok(openCheckpoint(note, key)).size).toBe(size);
    if (size === 0) continue;
    const at = (kind: string) =>
      readFileSync(join(evidence, `tessera/testdata/log/tile/${kind}/000.p/${size}`));
    const tile = ok(tileBytes({ level: 0, index: 0, width: size }, read));
    expect(toHex(tile)).toBe(at('0').toString('hex'));
    const bundle = ok(encodeBundle(bodies.slice(0, size)));
    expect(toHex(bundle)).toBe(at('entries').toString('hex'));
    expect(ok(decodeBundle(bundle, size)).map(toHex)).toEqual(bodies.slice(0, size).map(toHex));
    const index = size - 1;
    const hashes = ok(inclusionProof(index, size, read));
    const file = formatProof({ index, hashes, checkpoint: note, extra: null });
    expect(ok(verifyProof(file, present(bodies[index], 'body'), key)).index).toBe(index);
  }
  return leaves.length;
});

vectors('signed notes of golang/mod and C2SP', 'signed-note.json', (evidence) => {
  interface Notes {
    skey: string;
    sign: { text: string; want: string };
    badVkeys: string[];
    open: {
      desc: string;
      note?: string;
      noteHex?: string;
      vkeys: string[];
      ok: boolean;
      verified?: string[];
    }[];
  }
  const notes = json<Notes>(evidence, 'extracted/signed-note.json');
  const signer = goSigner(notes.skey);
  const known = ok(parseVkey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'));
  const { name, keyId } = ok(noteKey(signer.name, known.publicKey));
  const signature = signer.sign(notes.sign.text);
  const note = formatNote({ text: notes.sign.text, signatures: [{ name, keyId, signature }] });
  expect(note).toEqual({ ok: true, value: notes.sign.want });
  for (const vkey of notes.badVkeys) expect(parseVkey(vkey).ok, vkey).toBe(false);
  for (const c of notes.open) {
    const text = c.note ?? fromUtf8(Buffer.from(c.noteHex ?? '', 'hex'));
    const opened =
      text === null
        ? null
        : openNote(
            text,
            c.vkeys.map((vkey) => ok(parseVkey(vkey))),
          );
    expect(opened?.ok ?? false, c.desc).toBe(c.ok);
    if (opened?.ok) expect(opened.value.signedBy.map((key) => key.name)).toEqual(c.verified);
  }
  return notes.open.length;
});

vectors('checkpoint texts of transparency-dev/formats', 'checkpoint-parse.json', (evidence) => {
  const { cases } = json<{ cases: { m: string; ok: boolean; rest?: string }[] }>(
    evidence,
    'extracted/checkpoint-parse.json',
  );
  for (const c of cases) {
    const parsed = parseCheckpointText(c.m);
    expect(parsed.ok, c.m).toBe(c.ok);
    if (parsed.ok && c.rest) expect(parsed.value.extension.join('\n') + '\n').toBe(c.rest);
  }
  return cases.length;
});

vectors('proof files of transparency-dev/formats', 'tlog-proof.json', (evidence) => {
  interface Proofs {
    marshal: {
      index: number;
      hashes: string[];
      checkpoint: string;
      extraUtf8?: string;
      want: string;
    }[];
    bad: string[];
  }
  const { marshal, bad } = json<Proofs>(evidence, 'extracted/tlog-proof.json');
  for (const c of marshal) {
    const { index, checkpoint } = c;
    const extra = c.extraUtf8 === undefined ? null : utf8(c.extraUtf8);
    const proof = { index, hashes: c.hashes.map(base64), checkpoint, extra };
    expect(formatProof(proof)).toBe(c.want);
    expect(parseProof(c.want)).toEqual({ ok: true, value: proof });
  }
  for (const text of bad) expect(parseProof(text).ok, text).toBe(false);
  return marshal.length + bad.length;
});
