import { fromUtf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { FILE } from './layout.ts';
import type { PackFiles } from './tar.ts';

/** The manifest's lines for `sha256sum -c`: each file but the manifest and its signatures. */
export function manifestOf(files: PackFiles): string {
  return [...files.keys()]
    .filter((name) => !isOfManifest(name))
    .sort()
    .map((name) => `${sha256(files.get(name) ?? new Uint8Array())}  ${name}\n`)
    .join('');
}

export interface FileFault {
  file: string;
  message: string;
}

/** Files that are not what the manifest says, are missing, or that it does not name. */
export function manifestFaults(files: PackFiles): FileFault[] {
  const bytes = files.get(FILE.manifest);
  const text = bytes === undefined ? null : fromUtf8(bytes);
  if (text === null) return [{ file: FILE.manifest, message: 'it is missing, or no text' }];
  if (text === manifestOf(files)) return [];
  const faults: FileFault[] = [];
  const named = new Set<string>();
  for (const [at, line] of text.split('\n').slice(0, -1).entries()) {
    const [, digest, name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    const body = files.get(name);
    if (digest === undefined) {
      faults.push({ file: FILE.manifest, message: `line ${at + 1} is none of a manifest` });
    } else if (body === undefined) {
      faults.push({ file: name, message: 'the manifest names it, and it is missing' });
    } else if (sha256(body) !== digest) {
      faults.push({ file: name, message: 'its bytes are not those that the manifest names' });
    }
    named.add(name);
  }
  for (const name of files.keys()) {
    if (isOfManifest(name) || named.has(name)) continue;
    faults.push({ file: name, message: 'the manifest does not name it' });
  }
  if (faults.length > 0) return faults;
  return [{ file: FILE.manifest, message: 'it is not written as a manifest is' }];
}

function isOfManifest(name: string): boolean {
  return name === FILE.manifest || name === FILE.manifestGpg || name === FILE.manifestSsh;
}
