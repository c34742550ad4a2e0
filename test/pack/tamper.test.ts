/**
 * What somebody could do to a pack who is able to write all of its files, and a manifest for them: each
 * is reported. AURORA_FLIP_ALL=1 flips every byte of a small pack instead of a sample.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packSourceOf } from '../../src/app.ts';
import { fromUtf8, utf8 } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/base/digest.ts';
import { checkpointText, formatCheckpoint } from '../../src/core/ledger/checkpoint.ts';
import { gunzip, gzip } from '../../src/pack/gzip.ts';
import { type PackSource, packFiles } from '../../src/pack/make-pack.ts';
import { goesOnFrom, tellTheSame } from '../../src/verify/pack/histories.ts';
import { FILE } from '../../src/verify/pack/layout.ts';
import { tileFiles, treeOf } from '../../src/verify/pack/ledger-tree.ts';
import { manifestFaults, manifestOf } from '../../src/verify/pack/manifest.ts';
import { type PackFiles, readTar, writeTar } from '../../src/verify/pack/tar.ts';
import { type VerifiedPack, verifyPack } from '../../src/verify/pack/verify-pack.ts';
import { must } from '../rig/ledger.ts';
import { memorySigner } from '../sim/people.ts';
import { ORIGIN, packState, runPromotion } from './packed-ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-tamper-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let vkey: string;
let source: PackSource;
let files: PackFiles;
/** Of the same key and the same beginning, with another end. */
let fork: PackSource;

async function sourceOf(
  name: string,
  services: readonly string[],
  seed: number,
): Promise<PackSource> {
  const state = join(folder, name);
  ({ vkey } = packState(state));
  for (const service of services) await runPromotion(state, service, { seed });
  return must(await packSourceOf(state, services.at(-1) ?? '', folder));
}

function packed(from: PackSource): PackFiles {
  const none = { artifacts: null, profile: null, timestamps: new Map(), keys: new Map() };
  const extras = { vkey, madeBy: '0.1.0', verifier: utf8('the verifier'), ...none };
  return must(packFiles(from, extras)).files;
}

beforeAll(async () => {
  source = await sourceOf('one', ['shop'], 1);
  fork = await sourceOf('two', ['shop'], 2);
  files = packed(source);
}, 60_000);

const verify = (all: PackFiles): VerifiedPack => verifyPack(all, { logKey: vkey });

/** The files with some in another form, and a manifest that agrees with them. */
function forged(changes: Iterable<readonly [string, Uint8Array | null]>): PackFiles {
  const all = new Map(files);
  for (const [name, body] of changes) {
    if (body === null) all.delete(name);
    else all.set(name, body);
  }
  return all.set(FILE.manifest, utf8(manifestOf(all)));
}

function faultsOf(all: PackFiles): string[] {
  return verify(all)
    .report.claims.filter(({ holds }) => holds === false)
    .map(({ detail }) => detail);
}

function edited(name: string, change: (text: string) => string): PackFiles {
  const before = fromUtf8(files.get(name) ?? new Uint8Array()) ?? '';
  const after = change(before);
  if (after === before) throw new Error(`${name} is as it was`);
  return forged([[name, utf8(after)]]);
}

/** What a pack would hold of other entries, under the checkpoint as it was signed. */
function withEntries(entries: readonly Uint8Array[]): PackFiles {
  const tiles = must(tileFiles(entries, treeOf(entries)));
  const gone = [...files.keys()].filter((name) => name.startsWith('ledger/tile/'));
  return forged([...gone.map((name) => [name, null] as const), ...tiles]);
}

test('as it was packed it verifies', () => {
  expect(faultsOf(files)).toEqual([]);
  expect(verify(files).report).toMatchObject({ verified: true, outcome: 'promoted' });
});

describe('under a manifest that agrees', () => {
  const cases: readonly [string, () => PackFiles, RegExp][] = [
    [
      'an interval row with other numbers',
      () => edited(FILE.intervals, (text) => text.replace(/"requests":(\d)/, '"requests":9$1')),
      /entry \d+: rows \d+ to \d+ are not those that were sealed/,
    ],
    [
      'an interval row left out',
      () => edited(FILE.intervals, (text) => text.replace(/\n.*\n/, '\n')),
      /rows \d+ to \d+ are not those that were sealed/,
    ],
    [
      'an interval row added at the end',
      () => edited(FILE.intervals, (text) => `${text}{"seq":100000}\n`),
      /row 100000 is in no segment/,
    ],
    [
      'a plan with a softer limit',
      () => edited(FILE.plan, (text) => text.replace('"limit":10', '"limit":99')),
      /plan\.json: the first entry names [0-9a-f]{64}/,
    ],
    [
      'a decision for people that says otherwise',
      () => edited(FILE.decision, (text) => text.replace('"GO"', '"NO-GO"')),
      /decision\.json: byte \d+/,
    ],
    [
      'a checklist with another box',
      () => edited(FILE.checklist, (text) => text.replace('- [x]', '- [ ]')),
      /checklist\.md: byte \d+/,
    ],
    [
      'commands for the stranger that are not ours',
      () => edited(FILE.guide, (text) => text.replace('sha256sum', 'true; sha256sum')),
      /VERIFY\.md: byte \d+/,
    ],
    [
      'a file that nobody explains',
      () => forged([['letter.txt', utf8('trust me')]]),
      /letter\.txt: a pack holds no such file/,
    ],
    [
      'another release in pack.json',
      () => edited(FILE.info, (text) => text.replace('"shop"', '"shops"')),
      /pack\.json: it names another release than the plan/,
    ],
    ['no intervals', () => forged([[FILE.intervals, null]]), /intervals\.jsonl: it is missing/],
    [
      'an entry cut from the middle',
      () => withEntries(source.entries.toSpliced(10, 1)),
      /ledger\/tile\/entries\/000\.p\/\d+ is missing/,
    ],
    [
      'an entry cut from the middle, another put at the end',
      () => withEntries([...source.entries.toSpliced(10, 1), utf8('{}')]),
      /entries 0 to \d+ do not make up the tree that was signed/,
    ],
    [
      'two entries swapped',
      () => withEntries(swapped(source.entries, 4, 5)),
      /entries 0 to \d+ do not make up the tree that was signed/,
    ],
    [
      'two entries swapped, the tiles as they were',
      () => forged(bundleOf(swapped(source.entries, 4, 5))),
      /tile\/0\/000\.p\/\d+: byte 128: entry 4 is the first that differs/,
    ],
    [
      'an entry with another word',
      () => {
        const entries = [...source.entries];
        entries[7] = utf8(
          (fromUtf8(entries[7] ?? new Uint8Array()) ?? '').replace('aurora', 'bob'),
        );
        return withEntries(entries);
      },
      /do not make up the tree that was signed/,
    ],
    [
      'a hash in a tile',
      () => {
        const name = [...files.keys()].find((one) => one.startsWith('ledger/tile/0/')) ?? '';
        return forged([[name, flipped(files.get(name) ?? new Uint8Array(), 70)]]);
      },
      /tile\/0\/000\.p\/\d+: byte 70: the tile is not that of the entries/,
    ],
  ];
  test.each(cases)('%s', (_, forge, wanted) => {
    const found = faultsOf(forge());
    expect(found.join('\n')).toMatch(wanted);
  });
});

describe('with the log key in hostile hands', () => {
  /** A whole new log under the same key: only the machine can tell. */
  async function relogged(change: (entries: string[]) => void): Promise<PackFiles> {
    const texts = source.entries.map((body) => fromUtf8(body) ?? '');
    change(texts);
    const entries = texts.map(utf8);
    const tree = treeOf(entries);
    const head = { origin: ORIGIN, size: tree.size, root: tree.root };
    const signature = must(await memorySigner().sign(utf8(checkpointText(head))));
    const note = must(formatCheckpoint(head, memorySigner().publicKey(), signature));
    const tiles = must(tileFiles(entries, tree));
    const gone = [...files.keys()].filter((name) => name.startsWith('ledger/tile/'));
    const info = fromUtf8(files.get(FILE.info) ?? new Uint8Array()) ?? '';
    const sized = info.replace(/"ledgerSize": \d+/, `"ledgerSize": ${tree.size}`);
    return forged([
      ...gone.map((name) => [name, null] as const),
      ...tiles,
      [FILE.checkpoint, utf8(note)],
      [FILE.info, utf8(sized)],
    ]);
  }
  const indexOf = (texts: string[], part: string): number =>
    texts.findIndex((text) => text.includes(part));

  test.each<[string, (texts: string[]) => void, RegExp]>([
    ['an entry left out', (texts) => texts.splice(9, 1), /entry 9: it is step 10, and 9 is next/],
    ['cut off before the end', (texts) => texts.splice(20), /has not ended within these entries/],
    [
      'better evidence than came',
      (texts) => {
        const at = indexOf(texts, '"kind":"evidence"');
        texts[at] = (texts[at] ?? '').replace('"value":5', '"value":3');
      },
      /entry \d+: its stateSha256 is/,
    ],
    [
      'a sign-off whose signature is not over it',
      (texts) => {
        const at = indexOf(texts, '"kind":"sign-off"');
        texts[at] = (texts[at] ?? '').replace('release-manager', 'release-Manager');
      },
      /entry \d+: the signature is not by the key of rm-1/,
    ],
    [
      'a sign-off left out, the steps counted anew',
      (texts) => {
        texts.splice(indexOf(texts, '"kind":"sign-off"'), 1);
        for (const [at, text] of texts.entries()) {
          texts[at] = text.replace(/"n":\d+,"promotion"/, `"n":${at},"promotion"`);
        }
      },
      /entry \d+: its summary is .* and the machine makes .*phase 3 step 0 run/,
    ],
    [
      'an order that the machine did not give',
      (texts) => {
        const at = texts.findIndex((text) => /"candidate":25/.test(text));
        texts[at] = (texts[at] ?? '').replace(
          '"candidate":25,"stable":75',
          '"candidate":50,"stable":50',
        );
      },
      /entry \d+: its effects is/,
    ],
  ])('%s', async (_, change, wanted) => {
    expect(faultsOf(await relogged(change)).join('\n')).toMatch(wanted);
  });
});

describe('a pack that was never one', () => {
  const noise = utf8('{"a":[{"b":null}]}\n');
  test.each([...Object.values(FILE)])('%s holds something else', (name) => {
    for (const body of [noise, new Uint8Array(), utf8('null\n'), Uint8Array.of(0xff, 0xfe)]) {
      const { report } = verify(forged([[name, body]]));
      const isRecorded = name === FILE.database || name === FILE.verifier;
      // The manifest itself is written anew; a signature of it is looked at where a key is named.
      const isFree =
        name === FILE.manifest || name.startsWith('keys/') || /\.(?:asc|sig)$/.test(name);
      if (!isRecorded && !isFree) expect(report.verified).toBe(false);
    }
  });

  test('a plan that is none, under a log that quotes it', () => {
    for (const plan of [
      '{}',
      '[]',
      '{"people":[{}],"phases":[null],"release":{"artifacts":[null]}}',
    ]) {
      const [first = new Uint8Array(), ...rest] = source.entries;
      const text = (fromUtf8(first) ?? '').replace(/"blobSha256":"[0-9a-f]+"/, () => {
        return `"blobSha256":"${sha256(plan)}"`;
      });
      const all = new Map(withEntries([utf8(text), ...rest])).set(FILE.plan, utf8(plan));
      expect(verify(all).report.verified).toBe(false);
    }
  });
});

describe('two histories', () => {
  test('of one key: the first entry that differs is named', () => {
    const [one, two] = [verify(files).ledger, verify(packed(fork)).ledger];
    if (one === null || two === null) throw new Error('no ledger');
    const [a, b] = [one, two].map(({ key, held }) => ({ key, tree: held.tree }));
    if (a === undefined || b === undefined) throw new Error('no log');
    expect(tellTheSame(a, b).fault).toMatch(/^entry \d+ differs: one key signed two histories$/);
    expect(tellTheSame(a, a)).toEqual({
      fault: null,
      detail: expect.stringContaining('are the same'),
    });
    expect(goesOnFrom(a, source.checkpoint).fault).toBe(null);
    expect(goesOnFrom(a, fork.checkpoint).fault).toMatch(/two histories|take the checkpoint/);
  });

  test('an earlier checkpoint of the same log is gone on from', async () => {
    const later = await sourceOf('one', ['pay'], 3);
    const log = verify(packed(later)).ledger;
    if (log === null) throw new Error('no ledger');
    const found = goesOnFrom({ key: log.key, tree: log.held.tree }, source.checkpoint);
    expect(found.fault).toBe(null);
    const early = verify(files).ledger;
    if (early === null) throw new Error('no ledger');
    const ahead = goesOnFrom({ key: early.key, tree: early.held.tree }, later.checkpoint);
    expect(ahead.fault).toContain('take the checkpoint beside the pack');
  });
});

describe('single bytes', () => {
  const isAll = process.env.AURORA_FLIP_ALL === '1';
  const SAMPLES = 200;

  /** Reported, or without any effect: the very files that were packed. */
  function seen(archive: Uint8Array): 'reported' | 'no effect' | 'SILENT' {
    const tar = gunzip(archive);
    const all = tar.ok ? readTar(tar.value) : tar;
    if (!all.ok || manifestFaults(all.value).length > 0) return 'reported';
    if (!verify(all.value).report.verified) return 'reported';
    return sha256(must(writeTar(all.value))) === whole ? 'no effect' : 'SILENT';
  }
  let whole = '';

  test('of the archive as it is stored', () => {
    const tar = must(writeTar(files));
    whole = sha256(tar);
    const archive = gzip(tar);
    const counts = { reported: 0, 'no effect': 0, SILENT: 0 };
    for (const at of places(archive.length, isAll ? archive.length : SAMPLES)) {
      counts[seen(flipped(archive, at))] += 1;
    }
    expect(counts.SILENT).toBe(0);
    expect(counts.reported).toBeGreaterThan(SAMPLES / 2);
  }, 3_600_000);

  test('of the archive as it is unpacked', () => {
    const tar = must(writeTar(files));
    const silent: number[] = [];
    for (const at of places(tar.length, isAll ? tar.length : SAMPLES)) {
      const all = readTar(flipped(tar, at));
      if (all.ok && manifestFaults(all.value).length === 0) silent.push(at);
    }
    expect(silent).toEqual([]);
    const broken = readTar(flipped(tar, 130));
    expect(broken.ok ? '' : broken.problem.message).toMatch(/byte 1\d\d, /);
  }, 3_600_000);

  test('of each file, under a manifest that agrees: only what is recorded can differ', () => {
    const silent = new Set<string>();
    for (const [name, body] of files) {
      if (name === FILE.manifest) continue;
      for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
        if (verify(forged([[name, flipped(body, at)]])).report.verified) silent.add(name);
      }
    }
    expect([...silent].sort()).toEqual([FILE.database, FILE.verifier].sort());
  }, 60_000);
});

function bundleOf(entries: readonly Uint8Array[]): [string, Uint8Array][] {
  const tiles = must(tileFiles(entries, treeOf(entries)));
  return [...tiles].filter(([name]) => name.startsWith('ledger/tile/entries/'));
}

function swapped(entries: readonly Uint8Array[], a: number, b: number): Uint8Array[] {
  const all = [...entries];
  [all[a], all[b]] = [all[b] ?? new Uint8Array(), all[a] ?? new Uint8Array()];
  return all;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** Spread over all of it, first and last byte among them. */
function places(length: number, count: number): number[] {
  const step = Math.max(1, (length - 1) / Math.max(1, count - 1));
  return [
    ...new Set(Array.from({ length: count }, (_, i) => Math.min(length - 1, Math.round(i * step)))),
  ];
}
