import { concatBytes, fromUtf8, utf8 } from './bytes.ts';

/** Reads the types of RFC 4251, section 5. Every read answers null once the bytes do not suffice. */
export class SshReader {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Nothing is left: what follows a value could be changed without its signature noticing. */
  get isDone(): boolean {
    return this.offset === this.bytes.length;
  }

  take(count: number): Uint8Array | null {
    if (count > this.bytes.length - this.offset) return null;
    const taken = this.bytes.slice(this.offset, this.offset + count);
    this.offset += count;
    return taken;
  }

  uint32(): number | null {
    const four = this.take(4);
    return four === null ? null : new DataView(four.buffer).getUint32(0);
  }

  string(): Uint8Array | null {
    const length = this.uint32();
    return length === null ? null : this.take(length);
  }

  text(): string | null {
    const bytes = this.string();
    return bytes === null ? null : fromUtf8(bytes);
  }

  /** A positive number in its only form: big endian, no zero in front but the one of the sign. */
  mpint(): Uint8Array | null {
    const bytes = this.string();
    if (bytes === null || bytes.length === 0) return null;
    const [first = 0, second = 0] = bytes;
    if (first >= 0x80 || (first === 0 && second < 0x80)) return null;
    return first === 0 ? bytes.slice(1) : bytes;
  }
}

/** `string` of RFC 4251. */
export function sshString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(length, bytes);
}
