import { Constructed, fromBER, ObjectIdentifier } from 'asn1js';
import { toHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** Identifier octets (X.690, 8.1.2) of what timestamps and certificates are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** [n] around a value or in place of a constructed one. */
  context: (n: number): number => 0xa0 + n,
} as const;

/** Far above the largest real token, which carries a handful of certificates. */
const BYTES_MAX = 262_144;
const LIMITS = { maxDepth: 40, maxNodes: 20_000, maxContentLength: BYTES_MAX } as const;

/** The message of what is no such structure. Thrown here and by readers, caught by `readDer` alone. */
export class DerFault extends Error {
  override name = 'DerFault';
}

/**
 * One DER value and nothing after it, handed to a reader. `integrity`, with `what` in front, for
 * everything else: what is merely BER too, since two writings of one thing are a way to slip a
 * change past whoever compares bytes.
 */
export function readDer<T>(
  what: string,
  bytes: Uint8Array,
  read: (value: DerValue) => T,
): Result<T> {
  return caught(what, () => read(parse(bytes)));
}

/** As readDer, of a value that was read as part of another. */
export function readPart<T>(
  what: string,
  value: DerValue,
  read: (value: DerValue) => T,
): Result<T> {
  return caught(what, () => read(value));
}

function caught<T>(what: string, read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (!(error instanceof DerFault)) throw error;
    return fail(problem('integrity', `${what}: ${error.message}`));
  }
}

type Block = ReturnType<typeof fromBER>['result'];

function parse(bytes: Uint8Array): DerValue {
  if (bytes.length === 0) throw new DerFault('it is empty');
  if (bytes.length > BYTES_MAX) throw new DerFault(`it is larger than ${BYTES_MAX} bytes`);
  const { offset, result } = parsed(bytes);
  if (offset === -1) throw new DerFault(`it is no ASN.1: ${result.error || 'no value'}`);
  if (offset !== bytes.length) throw new DerFault(`${bytes.length - offset} bytes follow its end`);
  return new DerValue(result);
}

/** The library reports most faults and throws others, of whatever kind a hostile input brings out. */
function parsed(bytes: Uint8Array): ReturnType<typeof fromBER> {
  try {
    return fromBER(bytes, LIMITS);
  } catch (error) {
    throw new DerFault(`it is no ASN.1: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

/** A value whose header, and whose parts' headers, are DER. Readers throw DerFault. */
export class DerValue {
  /** Identifier, length and contents, as they came. */
  readonly whole: Uint8Array;
  readonly tag: number;
  readonly contents: Uint8Array;
  readonly #parts: readonly DerValue[];

  constructor(block: Block) {
    this.whole = block.valueBeforeDecodeView;
    this.tag = this.whole[0] ?? 0;
    const headerBytes = headerBytesOf(this.whole);
    this.contents = this.whole.subarray(headerBytes);
    const isConstructed = (this.tag & 0x20) !== 0;
    // A string in pieces (constructed) is BER; DER knows only sequences, sets and tagged values.
    if (isConstructed && !(block instanceof Constructed)) throw new DerFault('it is not DER');
    const parts = block instanceof Constructed ? block.valueBlock.value : [];
    this.#parts = isConstructed ? parts.map((part) => new DerValue(part as Block)) : [];
    const bytes = this.#parts.reduce((sum, part) => sum + part.whole.length, 0);
    if (isConstructed && bytes !== this.contents.length) throw new DerFault('it is not DER');
    if (this.tag === TAG.integer) checkInteger(this.contents);
    if (this.tag === TAG.boolean) checkBoolean(this.contents);
  }

  expect(tag: number, name: string): this {
    if (this.tag === tag) return this;
    const [want, found] = [tag, this.tag].map((one) => one.toString(16).padStart(2, '0'));
    throw new DerFault(`${name}: expected ASN.1 tag ${want}, found ${found}`);
  }

  /** The parts of a sequence, or of what has another tag, in their order. */
  fields(name: string, tag: number = TAG.sequence): DerFields {
    return new DerFields(name, this.expect(tag, name).#parts);
  }

  items(name: string, tag: number = TAG.sequence): readonly DerValue[] {
    return this.expect(tag, name).#parts;
  }

  /** `1.2.840.113549.1.7.2` */
  oid(name: string): string {
    const oid = new ObjectIdentifier();
    const { contents } = this.expect(TAG.oid, name);
    const end = oid.valueBlock.fromBER(contents, 0, contents.length);
    // A first byte of 0x80 pads a number: another writing of the same identifier.
    const isPadded = contents.some(
      (byte, i) => byte === 0x80 && ((contents[i - 1] ?? 0) & 0x80) === 0,
    );
    if (end !== contents.length || isPadded) throw new DerFault(`${name}: no object identifier`);
    return oid.getValue();
  }

  /** The contents of an integer in hex, two's complement, shortest form: equal texts, equal numbers. */
  integerHex(name: string): string {
    return toHex(this.expect(TAG.integer, name).contents);
  }

  /** A number from 0 to 2^31 - 1. */
  smallInteger(name: string): number {
    const { contents } = this.expect(TAG.integer, name);
    return small(contents, name);
  }

  octets(name: string): Uint8Array {
    return this.expect(TAG.octetString, name).contents;
  }

  boolean(name: string): boolean {
    return this.expect(TAG.boolean, name).contents[0] === 0xff;
  }
}

/** Reads a sequence from its start; what is left unread at `end` is a fault. */
export class DerFields {
  readonly #name: string;
  readonly #parts: readonly DerValue[];
  #next = 0;

  constructor(name: string, parts: readonly DerValue[]) {
    this.#name = name;
    this.#parts = parts;
  }

  next(name: string): DerValue {
    const part = this.#parts[this.#next];
    if (part === undefined) throw new DerFault(`${this.#name} has no ${name}`);
    this.#next += 1;
    return part;
  }

  /** The next part if it has the tag; else null, and nothing is read. */
  optional(tag: number): DerValue | null {
    const part = this.#parts[this.#next];
    if (part?.tag !== tag) return null;
    this.#next += 1;
    return part;
  }

  end(): void {
    if (this.#next < this.#parts.length) throw new DerFault(`${this.#name} has an unknown part`);
  }
}

/** Of one identifier octet and the shortest definite length that says how long the rest is. */
function headerBytesOf(whole: Uint8Array): number {
  const [tag = 0, first = 0] = whole;
  if ((tag & 0x1f) === 0x1f) throw new DerFault('it has a tag above 30');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const header = 2 + lengthBytes;
  let length = first < 0x80 ? first : 0;
  for (const byte of whole.subarray(2, header)) length = length * 256 + byte;
  const isShortest = lengthBytes === 0 || (length >= 0x80 && whole[2] !== 0);
  if (first === 0x80 || !isShortest || whole.length !== header + length) {
    throw new DerFault('it is not DER: a length is not in its shortest form');
  }
  return header;
}

function checkInteger(contents: Uint8Array): void {
  const [first, second] = contents;
  if (first === undefined) throw new DerFault('an integer is empty');
  const isPadded =
    (first === 0 && (second ?? 0x80) < 0x80) || (first === 0xff && (second ?? 0) >= 0x80);
  if (isPadded) throw new DerFault('it is not DER: an integer is padded');
}

function checkBoolean(contents: Uint8Array): void {
  const [only] = contents;
  if (contents.length !== 1 || (only !== 0 && only !== 0xff)) {
    throw new DerFault('it is not DER: a truth value is neither 00 nor ff');
  }
}

function small(contents: Uint8Array, name: string): number {
  if (contents.length > 4 || (contents[0] ?? 0) >= 0x80) {
    throw new DerFault(`${name}: expected a number from 0 to 2147483647`);
  }
  return contents.reduce((value, byte) => value * 256 + byte, 0);
}
