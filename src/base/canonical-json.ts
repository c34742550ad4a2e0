import canonicalize from 'canonicalize';
import { assert } from './assert.ts';

/** RFC 8785 canonical JSON. A value that JSON cannot hold (NaN, undefined at the root) is a bug. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  assert(text !== undefined, 'a value without a JSON form was to be made canonical');
  return text;
}
