/**
 * A timestamp authority that can be told to lie: its TSTInfo is written here, openssl cms signs it with
 * any certificate, also with one that `openssl ts` would refuse to use.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as asn1 from 'asn1js';
import { LOCAL_POLICY } from '../../src/adapters/timestamps/local-authority.ts';
import { present } from '../../src/base/assert.ts';
import { fromHex } from '../../src/base/bytes.ts';

const OID_SHA256 = '2.16.840.1.101.3.4.2.1';
const OID_TST_INFO = '1.2.840.113549.1.9.16.1.4';

const DAY_MS = 86_400_000;
const CA = `
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
`;

/** Extensions of signers, each wrong in one way; `good` in none. */
const SIGNERS = {
  good: 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature',
  'no-usage': 'keyUsage=critical,digitalSignature',
  'usage-not-critical': 'extendedKeyUsage=timeStamping\nkeyUsage=critical,digitalSignature',
  'two-usages': 'extendedKeyUsage=critical,timeStamping,codeSigning',
  'other-key-usage': 'extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,keyAgreement',
  'is-ca': 'extendedKeyUsage=critical,timeStamping\nbasicConstraints=critical,CA:TRUE',
  'unknown-critical': 'extendedKeyUsage=critical,timeStamping\n1.2.3.4=critical,ASN1:NULL',
} as const;

export type SignerName = keyof typeof SIGNERS | 'of-other-root' | 'of-sub-ca' | 'of-no-ca' | 'weak';

export interface TokenWords {
  digestHex: string;
  nonceHex: string | null;
  genTime: string;
  policy: string;
  signer: SignerName;
  /** Seconds; null: it does not say. */
  accuracySeconds: number | null;
  status: number;
  version: number;
  /** Without it openssl leaves the signing certificate attribute out. */
  isIdentified: boolean;
  /** Written to openssl cms beside the others. */
  more: readonly string[];
}

export class PlantedAuthority {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** A few seconds of openssl: once a test file. */
  static make(folder: string): PlantedAuthority {
    mkdirSync(folder, { recursive: true });
    const made = new PlantedAuthority(folder);
    writeFileSync(made.path('ca.cnf'), CA);
    writeFileSync(made.path('index.txt'), '');
    made.#root('root', 'Planted root');
    made.#root('other-root', 'Planted root'); // the same name: only the key tells them apart
    for (const [name, extensions] of Object.entries(SIGNERS)) made.#issue(name, extensions, 'root');
    made.#issue('of-other-root', SIGNERS.good, 'other-root');
    made.#issue('sub-ca', 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign', 'root');
    made.#issue('of-sub-ca', SIGNERS.good, 'sub-ca');
    made.#issue('of-no-ca', SIGNERS.good, 'good');
    made.#issue('weak', SIGNERS.good, 'root', 'rsa:1024');
    return made;
  }

  /** One that was made before. */
  static open(folder: string): PlantedAuthority {
    return new PlantedAuthority(folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** PEM of a certificate by its name. */
  pem(name: string): string {
    return readFileSync(this.path(`${name}.pem`), 'utf8');
  }

  /** DER of a TimeStampResp. */
  reply(words: Partial<TokenWords> & Pick<TokenWords, 'digestHex'>): Uint8Array {
    const all: TokenWords = {
      nonceHex: null,
      genTime: timeText(Date.now()),
      policy: LOCAL_POLICY,
      signer: 'good',
      accuracySeconds: 1,
      status: 0,
      version: 1,
      isIdentified: true,
      more: [],
      ...words,
    };
    const status = new asn1.Sequence({ value: [new asn1.Integer({ value: all.status })] });
    const token = all.status > 1 ? [] : [this.#token(all)];
    return new Uint8Array(new asn1.Sequence({ value: [status, ...token] }).toBER());
  }

  #token(words: TokenWords): asn1.BaseBlock {
    writeFileSync(this.path('tst.der'), tstInfo(words));
    this.#openssl(
      ...['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER', '-in', 'tst.der'],
      ...['-econtent_type', OID_TST_INFO, '-md', 'sha256', '-nosmimecap'],
      ...(words.isIdentified ? ['-cades'] : []),
      ...['-signer', `${words.signer}.pem`, '-inkey', `${words.signer}.key`],
      ...['-out', 'token.der', ...words.more],
    );
    const { result } = asn1.fromBER(new Uint8Array(readFileSync(this.path('token.der'))));
    return result;
  }

  #root(name: string, subject: string): void {
    const extensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign';
    this.#sign(name, `/CN=${subject}`, extensions, ['-selfsign', '-keyfile', `${name}.key`]);
  }

  #issue(name: string, extensions: string, issuer: string, key?: string): void {
    const by = ['-cert', `${issuer}.pem`, '-keyfile', `${issuer}.key`];
    this.#sign(name, `/CN=Planted ${name}`, extensions, by, key);
  }

  /** By `openssl ca`: of its programs only this one lets a certificate begin in the past. */
  #sign(name: string, subject: string, extensions: string, by: string[], key = 'ec'): void {
    const curve = key === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : [];
    writeFileSync(this.path('ext.cnf'), `${extensions}\nsubjectKeyIdentifier=hash\n`);
    this.#openssl(
      ...['req', '-new', '-config', 'ca.cnf', '-newkey', key, ...curve, '-nodes'],
      ...['-subj', subject, '-keyout', `${name}.key`, '-out', 'one.csr'],
    );
    this.#openssl(
      ...['ca', '-batch', '-config', 'ca.cnf', '-in', 'one.csr', '-notext', ...by],
      ...['-startdate', timeText(Date.now() - 2 * DAY_MS)],
      ...['-enddate', timeText(Date.now() + 20 * DAY_MS)],
      ...['-extfile', 'ext.cnf', '-out', `${name}.pem`],
    );
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/** `20261121150000Z` */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
}

function tstInfo(words: TokenWords): Uint8Array {
  const { accuracySeconds, nonceHex } = words;
  const integer = (hex: string): asn1.Integer =>
    new asn1.Integer({ valueHex: present(fromHex(hex), hex).slice() });
  const algorithm = new asn1.Sequence({
    value: [new asn1.ObjectIdentifier({ value: OID_SHA256 }), new asn1.Null()],
  });
  const digest = new asn1.OctetString({
    valueHex: present(fromHex(words.digestHex), 'hex').slice(),
  });
  const value: asn1.BaseBlock[] = [
    new asn1.Integer({ value: words.version }),
    new asn1.ObjectIdentifier({ value: words.policy }),
    new asn1.Sequence({ value: [algorithm, digest] }),
    integer('4711'),
    new asn1.Primitive({
      idBlock: { tagClass: 1, tagNumber: 24 },
      valueHex: new TextEncoder().encode(words.genTime),
    }),
  ];
  if (accuracySeconds !== null) {
    value.push(new asn1.Sequence({ value: [new asn1.Integer({ value: accuracySeconds })] }));
  }
  if (nonceHex !== null) value.push(integer(nonceHex));
  return new Uint8Array(new asn1.Sequence({ value }).toBER());
}
