import { basename, join } from 'node:path';
import { type PackSigner, packSigner } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { PackExtras, PackSource } from '../../pack/make-pack.ts';
import { SIGNATURE_FILES } from '../../pack/pack-archive.ts';
import type { CommandArgs } from '../command.ts';
import { readBytes } from '../files.ts';
import { profileOf } from './profile.ts';
import { tokensOf } from './tokens.ts';
import type { SignedExtras } from './write-pack.ts';

/** What the caller adds to the ledger: released files, profile, tokens, and who signs. */
export async function packExtras(
  args: CommandArgs,
  source: PackSource,
  known: Pick<PackExtras, 'vkey' | 'madeBy' | 'verifier'>,
): Promise<Result<SignedExtras>> {
  const plan = planOf(source);
  const artifacts = artifactsOf(plan, args.text('artifacts'));
  if (!artifacts.ok) return artifacts;
  const profile = profileOf(plan, args.text('profile'));
  if (!profile.ok) return profile;
  const timestamps = await tokensOf(args, source.checkpoint);
  if (!timestamps.ok) return timestamps;
  const signers: PackSigner[] = [];
  for (const kind of ['gpg', 'ssh'] as const) {
    const key = args.text(`sign-${kind}`);
    if (key === null) continue;
    const signer = await packSigner(kind, key);
    if (!signer.ok) return signer;
    signers.push(signer.value);
  }
  const keys = new Map(
    signers.map(({ ending, publicKey }) => [SIGNATURE_FILES[ending].key, publicKey] as const),
  );
  const added = { artifacts: artifacts.value, profile: profile.value, keys };
  return ok({ extras: { ...known, ...added, timestamps: timestamps.value }, signers });
}

/** The plan among what the promotion quotes; its digest is checked where the pack is made. */
function planOf({ blobs, entries, promotion }: PackSource): Plan | null {
  const decoder = new TextDecoder();
  for (const body of entries) {
    const entry = JSON.parse(decoder.decode(body)) as Record<string, unknown>;
    if (entry.promotion !== promotion || entry.n !== 0) continue;
    const blob = blobs.get(String(entry.blobSha256));
    return blob === undefined ? null : (JSON.parse(decoder.decode(blob)) as Plan);
  }
  return null;
}

function artifactsOf(
  plan: Plan | null,
  folder: string | null,
): Result<ReadonlyMap<string, Uint8Array> | null> {
  if (folder === null) return ok(null);
  const files = new Map<string, Uint8Array>();
  for (const { name } of plan?.release.artifacts ?? []) {
    // A plan's word for a file is a name, never a way out of the folder.
    if (name !== basename(name)) {
      return fail(
        problem('refused', `the released file ${JSON.stringify(name)} is no file's name`),
      );
    }
    const bytes = readBytes(join(folder, name));
    if (!bytes.ok) return bytes;
    files.set(name, bytes.value);
  }
  return ok(files);
}
