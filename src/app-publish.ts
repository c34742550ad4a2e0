/** The part of the composition root by which a ledger meets outsiders: tiles and witnesses. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedTiles, PublishWish } from './adapters/store/publish-tiles.ts';
import type { WitnessReply } from './adapters/witness/ask-witness.ts';
import type { WitnessServer } from './adapters/witness/serve-witness.ts';
import { newKeyFile, openLedger, signerOf, stateFiles } from './app.ts';
import { ok, type Result } from './base/result.ts';
import { formatWitnessVkey, witnessKey } from './core/ledger/cosignature.ts';
import type { WitnessedLog } from './core/ledger/witness.ts';

/** Brings a folder of tlog-tiles up to a state directory's newest checkpoint. */
export async function publishTilesOf(
  state: string,
  wish: Omit<PublishWish, 'ledger' | 'cosigned'>,
): Promise<Result<PublishedTiles>> {
  const ledger = await openLedger(state);
  if (!ledger.ok) return ledger;
  ledger.value.close();
  const files = stateFiles(state);
  const { publishTiles } = await import('./adapters/store/publish-tiles.ts');
  return publishTiles({ ...wish, ledger: files.ledger, cosigned: files.cosigned });
}

/** Sends a checkpoint and its proof to a witness. */
export async function askWitness(url: string, update: string): Promise<Result<WitnessReply>> {
  const ask = await import('./adapters/witness/ask-witness.ts');
  return await ask.askWitness(url, update);
}

interface ServedWitness extends WitnessServer {
  /** What its users pin. */
  vkey: string;
}

/** A witness with the key of its folder, which is made with it. */
export async function serveWitnessOf(
  folder: string,
  wish: { name: string; logs: readonly WitnessedLog[]; address: string; port: number },
): Promise<Result<ServedWitness>> {
  const { serveWitness } = await import('./adapters/witness/serve-witness.ts');
  const { SystemClock } = await import('./adapters/clock/system.ts');
  const { name, ...rest } = wish;
  const path = join(folder, 'witness.key');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const signer = existsSync(path) ? await signerOf(path) : await newKeyFile(path);
  if (!signer.ok) return signer;
  const key = witnessKey(name, signer.value.publicKey());
  if (!key.ok) return key;
  const definition = { ...rest, folder, key: key.value, signer: signer.value };
  const served = await serveWitness({ ...definition, clock: new SystemClock() });
  if (!served.ok) return served;
  return ok({ ...served.value, vkey: formatWitnessVkey(key.value) });
}
