/** Promotions of every kind, with controllers that die and a world that fails: each of their packs replays. */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packSourceOf, serveLocalAuthority, timestampFileBy } from '../../src/app.ts';
import { packFiles } from '../../src/pack/make-pack.ts';
import { FILE } from '../../src/verify/pack/layout.ts';
import type { PackFiles } from '../../src/verify/pack/tar.ts';
import { verifyPack } from '../../src/verify/pack/verify-pack.ts';
import { must } from '../rig/ledger.ts';
import { simPlan } from '../sim/sim-plan.ts';
import { STORIES } from '../sim/story.ts';
import { packState, runPromotion, type Sign } from './packed-ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-roads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function packOf(
  state: string,
  vkey: string,
  timestamps: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<PackFiles> {
  const source = must(await packSourceOf(state, '', folder));
  const none = { artifacts: null, profile: null, keys: new Map() };
  const verifier = new TextEncoder().encode('the verifier');
  return must(packFiles(source, { vkey, madeBy: '0.1.0', verifier, timestamps, ...none })).files;
}

const outcomes = new Set<string>();

test.each(STORIES.map((story, i) => [story.name, story, i] as const))(
  'a story: %s',
  async (_, story, i) => {
    const state = join(folder, `story-${i}`);
    const { vkey } = packState(state);
    const options = { story, seed: 40 + i, restartRounds: 7, isUnlucky: true, roundsMax: 900 };
    await runPromotion(state, 'shop', options);
    const { report } = verifyPack(await packOf(state, vkey), { logKey: vkey });
    expect(report.claims.filter(({ holds }) => holds === false)).toEqual([]);
    expect(report.verified).toBe(true);
    outcomes.add(report.outcome);
  },
  60_000,
);

test('those stories end in more than one way', () => {
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(['promoted', 'rolled-back']));
});

test('people with an ssh key and with P-256: the commands for them hold', async () => {
  const state = join(folder, 'keys');
  const { vkey } = packState(state);
  const sshKey = join(folder, 'sre-1');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', sshKey]);
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const people = simPlan('shop').people.map(({ id, publicKey }) => {
    if (id === 'sre-1') return { id, publicKey: readFileSync(`${sshKey}.pub`, 'utf8').trim() };
    if (id !== 'rm-1') return { id, publicKey };
    const der = p256.publicKey.export({ format: 'der', type: 'spki' });
    return { id, publicKey: der.toString('base64') };
  });
  const sign: Sign = (person, document) => {
    if (person === 'rm-1') {
      return signBytes('sha256', Buffer.from(document), p256.privateKey).toString('base64');
    }
    const words = ['-Y', 'sign', '-q', '-n', 'aurora-sign-off', '-f', sshKey];
    const armored = execFileSync('ssh-keygen', words, { input: document, encoding: 'utf8' });
    return armored.split('\n').slice(1, -2).join('');
  };
  await runPromotion(state, 'shop', { parts: { people }, sign });
  const files = await packOf(state, vkey);
  expect(verifyPack(files, { logKey: vkey }).report).toMatchObject({
    verified: true,
    outcome: 'promoted',
  });
  const blocks = runGuide(files, 'keys-unpacked');
  expect(blocks.filter(({ code }) => code !== 0)).toEqual([]);
  const commands = blocks.map(({ text }) => text).join('\n');
  expect(commands).toContain('ssh-keygen -Y verify -f people/sre-1.allowed-signers -I sre-1');
  expect(commands).toContain('openssl dgst -sha256 -verify people/rm-1.pem');
}, 60_000);

test('a checkpoint that two authorities timestamped: openssl accepts their tokens', async () => {
  const state = join(folder, 'stamped');
  const { vkey } = packState(state);
  await runPromotion(state, 'shop');
  const plain = await packOf(state, vkey);
  const path = join(folder, 'checkpoint');
  writeFileSync(path, plain.get(FILE.checkpoint) ?? '');
  const served = [];
  for (const name of ['alpha', 'beta']) {
    served.push({ name, ...must(await serveLocalAuthority(join(folder, name), name, 0)) });
  }
  try {
    const authorities = served.map(({ name, url, roots, policy }) => ({
      name,
      operator: `${name} trust`,
      url,
      rootsPem: readFileSync(roots, 'utf8'),
      policies: [policy],
    }));
    const stamped = must(await timestampFileBy(path, authorities, 'fetch'));
    expect(stamped.stamps.map(({ kind }) => kind)).toEqual(['verified', 'verified']);
    const tokens = new Map<string, Uint8Array>();
    for (const stamp of stamped.stamps) {
      tokens.set(`${stamp.authority}.tsr`, readFileSync(stamp.path));
      const root = authorities.find(({ name }) => name === stamp.authority)?.rootsPem ?? '';
      tokens.set(`${stamp.authority}.roots.pem`, new TextEncoder().encode(root));
    }
    const files = await packOf(state, vkey, tokens);
    const blocks = runGuide(files, 'stamped-unpacked');
    expect(blocks.filter(({ code }) => code !== 0)).toEqual([]);
    expect(blocks.map(({ text }) => text).join('\n')).toContain('openssl ts -verify');
  } finally {
    for (const one of served) await one.stop();
  }
}, 60_000);

/** Runs each block of VERIFY.md in a folder with the pack's content alone. */
function runGuide(files: PackFiles, name: string): { text: string; code: number | null }[] {
  const at = join(folder, name);
  for (const [file, body] of files) {
    mkdirSync(dirname(join(at, file)), { recursive: true });
    writeFileSync(join(at, file), body);
  }
  const guide = readFileSync(join(at, FILE.guide), 'utf8');
  return [...guide.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, text = '']) => {
    return { text, code: spawnSync('bash', ['-c', text], { cwd: at, stdio: 'ignore' }).status };
  });
}
