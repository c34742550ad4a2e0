/** SLSA verification summary v1: a yes or a no that programs read; the reasons are elsewhere. */
export interface VerificationSummary {
  verifier: { id: string; version: Readonly<Record<string, string>> };
  /** RFC 3339 */
  timeVerified: string;
  /** What was verified, as its users name it. */
  resourceUri: string;
  policy: ResourceDescriptor;
  /** All inputs, or none: SLSA takes a list for complete. */
  inputAttestations: readonly ResourceDescriptor[];
  verificationResult: 'PASSED' | 'FAILED';
  verifiedLevels: readonly string[];
  slsaVersion: '1.0';
}

export interface ResourceDescriptor {
  uri: string;
  digest: { sha256: string };
}

export const VERIFICATION_SUMMARY_TYPE = 'https://slsa.dev/verification_summary/v1';

export interface SummaryFacts {
  /** The engine's version. */
  version: string;
  atIso: string;
  resourceUri: string;
  policy: ResourceDescriptor;
  inputs: readonly ResourceDescriptor[];
  /** The level that it reached; null: it failed, and SLSA has the level FAILED for that. */
  level: string | null;
}

/** Levels of SLSA itself are about builds, and never claimed: `level` is a word of Aurora's own. */
export function verificationSummary(facts: SummaryFacts): VerificationSummary {
  const { version, atIso, resourceUri, policy, inputs, level } = facts;
  return {
    verifier: { id: 'https://aurora.example/auroractl', version: { auroractl: version } },
    timeVerified: atIso,
    resourceUri,
    policy,
    inputAttestations: inputs,
    verificationResult: level === null ? 'FAILED' : 'PASSED',
    verifiedLevels: [level ?? 'FAILED'],
    slsaVersion: '1.0',
  };
}
