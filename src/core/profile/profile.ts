/** A resolved profile: every key present, the default of every optional one written out. */
export interface Profile {
  version: 1;
  profileName: string;
  strictValidation: boolean;
  acceptance: { coverageTarget: number; minDecisions: number };
  /** Opaque to Aurora: the workload compares them with its own score. */
  kappaThresholds: { tauD: number; tauP: number };
  preloop: { maxNoopRatio: number; zeroBudgetTolerance: number; requireTrigger: boolean };
  monitoring: { mainLoopStartedRatioMin: number; skipRatioMax: number };
  /** Whether a workload refuses to start when the profile differs from its lock. */
  profileLock: { enforced: boolean };
}

/** A profile file that was read without an error. */
export interface ParsedProfile {
  profile: Profile;
  /** The text that is hashed: see docs/formats/profile-lock.md. */
  normalized: string;
  /** SHA-256 of `normalized`, lower-case hex: the profile's identity in its lock. */
  sha256: string;
}
