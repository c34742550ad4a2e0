import { equalBytes } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { type Claims, faultText } from './claim.ts';
import { FILE, FOLDER, type PackInfo } from './layout.ts';
import type { FileFault } from './manifest.ts';
import type { PackFiles } from './tar.ts';

/** Whether the files that people read say what the machine said, and nothing else lies beside them. */
export function checkReadings(
  claims: Claims,
  files: PackFiles,
  made: ReadonlyMap<string, Uint8Array>,
  info: PackInfo,
  plan: Plan,
): void {
  const more = [...infoFaults(info, plan), ...strangers(files, made), ...blobFaults(files)];
  const odd = [...made].flatMap(([file, bytes]) => {
    const held = files.get(file);
    if (held === undefined) return [{ file, message: 'it is missing' }];
    if (equalBytes(held, bytes)) return [];
    const at = bytes.findIndex((byte, i) => byte !== held[i]);
    return [{ file, message: `byte ${Math.max(at, 0)}: it is not what the ledger says` }];
  });
  claims.recomputed(
    'what people read is what the machine said',
    [
      ...[FILE.checklist, FILE.verdicts, FILE.decision, FILE.checksums, FILE.guide],
      FOLDER.statements,
    ].join(' '),
    'written again from the ledger, compared byte for byte',
    { fault: faultText([...more, ...odd]), detail: `${made.size} files` },
  );
}

/** What pack.json says of the release is what the plan says. */
function infoFaults(info: PackInfo, { service, release }: Plan): FileFault[] {
  const isSame =
    info.service === service &&
    info.version === release.version &&
    info.candidate === release.candidate;
  return isSame ? [] : [{ file: FILE.info, message: 'it names another release than the plan' }];
}

/** Files that are none of a pack's: what nobody explains is not passed on as evidence. */
function strangers(files: PackFiles, made: ReadonlyMap<string, Uint8Array>): FileFault[] {
  const names = new Set<string>([...Object.values(FILE), ...made.keys()]);
  const folders = [
    'ledger/tile/',
    FOLDER.blobs,
    FOLDER.artifacts,
    FOLDER.profile,
    FOLDER.timestamps,
  ];
  return [...files.keys()]
    .filter((name) => !names.has(name) && !folders.some((folder) => name.startsWith(folder)))
    .map((file) => ({ file, message: 'a pack holds no such file' }));
}

function blobFaults(files: PackFiles): FileFault[] {
  return [...files]
    .filter(([name, body]) => name.startsWith(FOLDER.blobs) && name !== FOLDER.blobs + sha256(body))
    .map(([file]) => ({ file, message: 'its bytes are not those that its name says' }));
}
