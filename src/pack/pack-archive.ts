import { ok, type Result } from '../base/result.ts';
import { FILE } from '../verify/pack/layout.ts';
import { type PackFiles, writeTar } from '../verify/pack/tar.ts';
import { gzip } from './gzip.ts';

/** What signatures of a manifest are called in a pack, by their ending, and the keys to check them with. */
export const SIGNATURE_FILES = {
  asc: { signature: FILE.manifestGpg, key: FILE.gpgKey },
  sig: { signature: FILE.manifestSsh, key: FILE.sshSigners },
} as const;

/** The bytes of a pack's manifest: what people sign. */
export function manifestBytes(files: PackFiles): Uint8Array {
  return files.get(FILE.manifest) ?? new Uint8Array();
}

/** The archive of a pack's files, with the signatures of its manifest among them. */
export function packArchive(files: PackFiles, signatures: PackFiles): Result<Uint8Array> {
  const tar = writeTar(new Map([...files, ...signatures]));
  return tar.ok ? ok(gzip(tar.value)) : tar;
}
