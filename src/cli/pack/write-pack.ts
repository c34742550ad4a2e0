import { join } from 'node:path';
import type { PackSigner } from '../../app.ts';
import { sha256 } from '../../base/digest.ts';
import { ok, type Result } from '../../base/result.ts';
import { type PackExtras, type PackSource, packFiles } from '../../pack/make-pack.ts';
import { manifestBytes, packArchive, SIGNATURE_FILES } from '../../pack/pack-archive.ts';
import { writeWhole } from '../files.ts';

export interface WrittenPack {
  path: string;
  promotion: string;
  release: string;
  sha256: string;
  bytes: number;
  entries: number;
  intervals: number;
  logKey: string;
  artifacts: string;
  profile: string;
  signatures: number;
  files: readonly { name: string; bytes: number; sha256: string }[];
}

export interface SignedExtras {
  extras: PackExtras;
  signers: readonly PackSigner[];
}

/**
 * Writes `evidence-<service>-<version>.tar.gz`, its digest, its checkpoint and its signatures into a
 * folder, each file whole or not at all. The manifest's signatures go into the archive, which differs
 * by them alone from one that nobody signed.
 */
export async function writePack(
  folder: string,
  source: PackSource,
  { extras, signers }: SignedExtras,
): Promise<Result<WrittenPack>> {
  const made = packFiles(source, extras);
  if (!made.ok) return made;
  const { files, info } = made.value;
  const signatures = await signManifest(manifestBytes(files), signers);
  if (!signatures.ok) return signatures;
  const packed = packArchive(files, signatures.value);
  if (!packed.ok) return packed;
  const archive = packed.value;
  const release = `${info.service} ${info.version}`;
  const name = `evidence-${release.replaceAll(' ', '-')}`;
  const path = join(folder, `${name}.tar.gz`);
  const digest = sha256(archive);
  const beside: [string, string | Uint8Array][] = [
    [path, archive],
    [`${path}.sha256`, `${digest}  ${name}.tar.gz\n`],
    [join(folder, `${name}.checkpoint`), source.checkpoint],
  ];
  for (const signer of signers) {
    const signature = await signer.sign(archive);
    if (!signature.ok) return signature;
    beside.push([`${path}.${signer.ending}`, signature.value]);
  }
  for (const [file, content] of beside) {
    const written = writeWhole(file, content);
    if (!written.ok) return written;
  }
  return ok({
    path,
    promotion: source.promotion,
    release,
    sha256: digest,
    bytes: archive.length,
    entries: source.entries.length,
    intervals: source.rows.length,
    logKey: extras.vkey,
    artifacts: info.artifacts,
    profile: info.profile,
    signatures: signers.length,
    files: [...files, ...signatures.value].map(([file, body]) => ({
      name: file,
      bytes: body.length,
      sha256: sha256(body),
    })),
  });
}

async function signManifest(
  manifest: Uint8Array,
  signers: readonly PackSigner[],
): Promise<Result<ReadonlyMap<string, Uint8Array>>> {
  const signatures = new Map<string, Uint8Array>();
  for (const signer of signers) {
    const signature = await signer.sign(manifest);
    if (!signature.ok) return signature;
    signatures.set(SIGNATURE_FILES[signer.ending].signature, signature.value);
  }
  return ok(signatures);
}
