import type { ProblemCode } from '../base/problem.ts';

/** What every command's exit code means. A verdict never shares a code with a crash. */
export const EXIT = {
  yes: 0,
  /** The evidence says no: a gate failed, NO-GO, rolled back; two things differ. */
  no: 1,
  /** Wrong call, invalid or missing file, or a dry run that would change something. */
  usage: 2,
  /** Hard stop: a lock mismatch, a hard gate, the panic file. */
  hardStop: 3,
  /** Not allowed, or a signature is missing. */
  notAllowed: 4,
  /** Inconclusive, or still waiting. */
  inconclusive: 5,
  /** Ledger, pack or signature is broken. */
  integrity: 6,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_PROBLEM: Readonly<Record<ProblemCode, ExitCode>> = {
  usage: EXIT.usage,
  'invalid-file': EXIT.usage,
  'not-found': EXIT.usage,
  'lock-mismatch': EXIT.hardStop,
  'not-allowed': EXIT.notAllowed,
  conflict: EXIT.notAllowed,
  refused: EXIT.notAllowed,
  inconclusive: EXIT.inconclusive,
  // It could not be done now: neither a yes nor a no, and trying again may help.
  unavailable: EXIT.inconclusive,
  integrity: EXIT.integrity,
};

export function exitCodeOf(code: ProblemCode): ExitCode {
  return BY_PROBLEM[code];
}

/** Of several outcomes the one that matters most: a broken lock outweighs a missing file. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  return codes.toSorted((a, b) => b - a)[0] ?? EXIT.yes;
}
