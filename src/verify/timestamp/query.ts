import {
  Boolean as AsnBoolean,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
} from 'asn1js';
import { toHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { DerFault, type DerFields, readDer, TAG } from './der.ts';
import { algorithmField, type HashName, hashOf } from './signature.ts';

/** What is asked of an authority (RFC 3161, section 2.4.1). */
export interface TimestampQuery {
  hash: HashName;
  digestHex: string;
  /** Two's complement, shortest form; null: none, so an old answer can't be told from a new one. */
  nonceHex: string | null;
}

const VERSION = 1;
const OID_SHA256 = '2.16.840.1.101.3.4.2.1';

/**
 * DER of a query for a SHA-256 digest that wants the signer's certificate in the answer. The nonce is a
 * positive integer in its shortest form: its first byte is 01 to 7f.
 */
export function encodeQuery(digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = new Sequence({
    value: [new ObjectIdentifier({ value: OID_SHA256 }), new Null()],
  });
  const imprint = new Sequence({
    value: [algorithm, new OctetString({ valueHex: digest.slice() })],
  });
  const query = new Sequence({
    value: [
      new Integer({ value: VERSION }),
      imprint,
      new Integer({ valueHex: nonce.slice() }),
      new AsnBoolean({ value: true }),
    ],
  });
  return new Uint8Array(query.toBER());
}

/** Reads a query of anyone's; `integrity` for what is none, or asks by a hash that is not accepted. */
export function readQuery(bytes: Uint8Array): Result<TimestampQuery> {
  const read = readDer('the timestamp query', bytes, (value) => {
    const fields = value.fields('TimeStampReq');
    const version = fields.next('version').smallInteger('version');
    if (version !== VERSION) throw new DerFault(`it is of version ${version}`);
    const imprint = fields.next('messageImprint').fields('messageImprint');
    const oid = algorithmField(imprint.next('hashAlgorithm'), 'hashAlgorithm');
    const digestHex = toHex(imprint.next('hashedMessage').octets('hashedMessage'));
    imprint.end();
    fields.optional(TAG.oid);
    return { oid, digestHex, nonceHex: endOf(fields) };
  });
  if (!read.ok) return read;
  const { oid, ...rest } = read.value;
  const hash = hashOf(oid);
  if (hash !== null) return ok({ hash, ...rest });
  return fail(
    problem('integrity', `the timestamp query is for hash ${oid}, which is not accepted`),
  );
}

/** The nonce, and that nothing unknown follows it. */
function endOf(fields: DerFields): string | null {
  const nonce = fields.optional(TAG.integer);
  fields.optional(TAG.boolean);
  fields.optional(TAG.context(0));
  fields.end();
  return nonce === null ? null : nonce.integerHex('nonce');
}
