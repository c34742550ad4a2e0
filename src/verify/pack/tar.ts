import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** Files by name, as they lie in a pack. */
export type PackFiles = ReadonlyMap<string, Uint8Array>;

const BLOCK = 512;
const NAME_BYTES_MAX = 100;
const MODE = '0000644';
/** Sizes are eleven octal digits. */
const FILE_BYTES_MAX = 8_589_934_591;
const NAME = /^[A-Za-z0-9._+@-]+(?:\/[A-Za-z0-9._+@-]+)*$/;

/**
 * A USTAR archive (POSIX 1003.1-1988, pax interchange without extensions) of which the same files
 * give the same bytes: names sorted, mode 0644, owner 0, time 0, two zero blocks at the end.
 * `refused` for a name or a size that the format does not hold plainly.
 */
export function writeTar(files: PackFiles): Result<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const [name, body] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const fault = nameFault(name);
    if (fault !== null) return fail(problem('refused', `a pack holds no file ${name}: ${fault}`));
    if (body.length > FILE_BYTES_MAX) return fail(problem('refused', `${name} is too large`));
    parts.push(header(name, body.length), body, new Uint8Array(padding(body.length)));
  }
  return ok(concatBytes(...parts, new Uint8Array(2 * BLOCK)));
}

/** Why a pack can't have a file of that name; null: it can. Names lead nowhere but below the folder. */
export function nameFault(name: string): string | null {
  if (!NAME.test(name)) return 'letters, digits and . _ + @ - make up its name';
  if (name.split('/').some((part) => part === '.' || part === '..' || part.startsWith('-'))) {
    return 'a part of its name is none';
  }
  return name.length > NAME_BYTES_MAX ? `its name is longer than ${NAME_BYTES_MAX} bytes` : null;
}

/**
 * The files of an archive whose every byte is as `writeTar` makes it. `integrity` naming the first
 * byte that is not: what tar programs pass over could hold anything.
 */
export function readTar(bytes: Uint8Array): Result<PackFiles> {
  const files = new Map<string, Uint8Array>();
  let before = '';
  let at = 0;
  for (;;) {
    if (at + BLOCK > bytes.length) return fail(broken(bytes.length, 'it breaks off'));
    if (isZero(bytes.subarray(at, at + BLOCK))) break;
    const found = entryAt(bytes, at);
    if (!found.ok) return found;
    const { name, body } = found.value;
    if (name <= before) return fail(broken(at, `${name} is not in its place, after ${before}`));
    files.set(name, body);
    before = name;
    at += BLOCK + body.length + padding(body.length);
  }
  if (bytes.length !== at + 2 * BLOCK) return fail(broken(at, 'the end is not two empty blocks'));
  const tail = bytes.subarray(at).findIndex((byte) => byte !== 0);
  return tail < 0 ? ok(files) : fail(broken(at + tail, 'behind the last file'));
}

function entryAt(bytes: Uint8Array, at: number): Result<{ name: string; body: Uint8Array }> {
  const block = bytes.subarray(at, at + BLOCK);
  const name = textOf(block.subarray(0, NAME_BYTES_MAX));
  const digits = textOf(block.subarray(124, 136));
  if (nameFault(name) !== null) return fail(broken(at, 'the name of a file'));
  if (!/^[0-7]{11}$/.test(digits)) return fail(broken(at + 124, `the size of ${name}`));
  const size = Number.parseInt(digits, 8);
  const wanted = header(name, size);
  const odd = wanted.findIndex((byte, i) => byte !== block[i]);
  if (odd >= 0) return fail(broken(at + odd, `in the header of ${name}`));
  const start = at + BLOCK;
  const end = start + size;
  const padded = end + padding(size);
  if (padded > bytes.length) return fail(broken(bytes.length, `it breaks off within ${name}`));
  const stray = bytes.subarray(end, padded).findIndex((byte) => byte !== 0);
  if (stray >= 0) return fail(broken(end + stray, `behind the end of ${name}`));
  return ok({ name, body: bytes.subarray(start, end) });
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number): void => block.set(utf8(text), at);
  put(name, 0);
  put(MODE, 100);
  put('0000000', 108);
  put('0000000', 116);
  put(size.toString(8).padStart(11, '0'), 124);
  put('00000000000', 136);
  put('        ', 148); // the checksum counts its own place as blanks
  put('0', 156);
  put('ustar\u000000', 257);
  put('0000000', 329);
  put('0000000', 337);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  return block;
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
const isZero = (block: Uint8Array): boolean => equalBytes(block, new Uint8Array(block.length));

/** Up to the first zero byte; bytes beyond ASCII become characters that no name has. */
function textOf(field: Uint8Array): string {
  const end = field.indexOf(0);
  return String.fromCharCode(...field.subarray(0, end < 0 ? field.length : end));
}

function broken(byte: number, what: string): Problem {
  return problem('integrity', `the archive is not as a pack is made: byte ${byte}, ${what}`);
}
