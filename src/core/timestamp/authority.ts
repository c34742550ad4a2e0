/** A timestamp authority as its user was told of it, out of band (RFC 3161). */
export interface AuthorityDefinition {
  /** Names its files and its rows: `alpha`. */
  name: string;
  /** Who runs it. Two authorities of one operator are one witness. */
  operator: string;
  url: string;
  /** Certificates of its root, and of CAs on the way, as PEM text. Nothing else is trusted. */
  rootsPem: string;
  /** Policies under which a token is accepted, as OIDs. */
  policies: readonly string[];
}

/** What a verified token says. */
export interface VerifiedTimestamp {
  genTimeMs: number;
  /** How far genTime may be off by the token's own words; null: it does not say. */
  accuracyMs: number | null;
  /** How coarse genTime is written: the true instant lies up to this much after it. */
  granularityMs: number;
  policy: string;
  /** In hex, two's complement. */
  serialHex: string;
  nonceHex: string | null;
  signer: { name: string; sha256: string; keySha256: string; notAfterMs: number };
  rootSha256: string;
}
