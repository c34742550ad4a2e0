/**
 * Aurora's own predicate of a decision: everything that a person needs to judge it anew. Times are
 * RFC 3339, digests SHA-256 in hex.
 */
export interface ReleaseDecision {
  decision: 'GO' | 'CONDITIONAL' | 'NO-GO';
  subject: 'release' | 'confirmation';
  decidedAt: string;
  /** Why newer evidence withdrew it; null: it stands. */
  revoked: string | null;
  promotion: string;
  service: string;
  release: { version: string; candidate: string };
  /** Practice: it never counts. */
  rehearsal: boolean;
  policy: { plan: string; sha256: string; rule: string };
  profileSha256: string | null;
  engine: { name: 'auroractl'; version: string };
  verdict: string | null;
  synthetic: boolean;
  /** The newest interval that counted; null: nothing was asked for signatures. */
  evidenceToSeq: number | null;
  /** Of the very request that people signed; null: it came to none. */
  requestSha256: string | null;
  reasons: readonly string[];
  conditions: readonly { gate: string; until: string; metAt: string | null }[];
  gates: readonly DecidedGate[];
  signOffs: readonly SignedWord[];
  overrides: readonly (SignedWord & {
    gate: string;
    phase: string;
    reason: string;
    until: string;
  })[];
  /** Digest of the earlier decision's request. */
  supersedes: string | null;
  /** Entries of the ledger that were there before the decision. */
  ledgerSizeBefore: number | null;
  /** How the promotion ended; null: it has not. */
  outcome: { kind: string; ga: boolean; at: string; cause: string | null } | null;
}

export interface DecidedGate {
  gate: string;
  outcome: string;
  evaluatedAt: string;
  resultSha256: string;
  /** recomputed: from evidence in the ledger, to the same digest. recorded: as people signed it. */
  basis: 'recomputed' | 'recorded';
  checks: readonly DecidedCheck[];
}

export interface DecidedCheck {
  check: string;
  outcome: string;
  observed: string;
  threshold: string;
  advisory: boolean;
  /** How it was judged; null where the plan has no such check. */
  method: { rule: string; source: string; samplesMin: number } | null;
  /** null: not in the ledger's evidence. */
  samples: number | null;
  evidenceAt: string | null;
  evidenceSha256: string | null;
  inputSha256: string | null;
}

/** What a person said and signed; the document is in the ledger's entry. */
export interface SignedWord {
  person: string;
  role: string;
  choice: string;
  at: string;
  publicKey: string;
  documentSha256: string;
  signature: string;
  ledgerEntry: number;
}

export const RELEASE_DECISION_TYPE = 'https://aurora.example/release-decision/v1';
