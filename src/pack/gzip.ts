import { gunzipSync, gzipSync } from 'node:zlib';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** RFC 1952: deflate, no flags, no time, best compression, no system named. */
const HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
const TRAILER_BYTES = 8;
/** What unpacks to more is no pack, but a way to fill a stranger's memory. */
const UNPACKED_BYTES_MAX = 2_147_483_648;

/** As gzip, with a header that says nothing of when, where and on what it was made. */
export function gzip(bytes: Uint8Array): Uint8Array {
  const packed = gzipSync(bytes, { level: 9 });
  packed.set(HEADER);
  return packed;
}

/**
 * The bytes that were compressed; `integrity` where the file is not one stream, whole, with the
 * header of `gzip` and nothing behind it. How a compressor chose to write the same bytes is left to it:
 * versions of zlib differ.
 */
export function gunzip(bytes: Uint8Array): Result<Uint8Array> {
  const odd = HEADER.findIndex((byte, i) => bytes[i] !== byte);
  if (odd >= 0) return fail(problem('integrity', `byte ${odd}: not the header of a pack`));
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      info: true,
      maxOutputLength: UNPACKED_BYTES_MAX,
    }) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    const end = engine.bytesWritten;
    if (end === bytes.length && end > HEADER.length + TRAILER_BYTES) return ok(buffer);
    return fail(problem('integrity', `byte ${end}: something lies behind the archive`));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(problem('integrity', `it can't be unpacked: ${why}`));
  }
}
