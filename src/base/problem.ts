/**
 * Every way an operation can fail that is not a bug. The code decides the exit code of a command
 * (cli/exit-codes.ts), the message is one line for a person, the hint names the next command.
 */
export type ProblemCode =
  | 'usage' // the words of the call are off
  | 'invalid-file' // a file is not what it must be
  | 'not-found' // a named thing does not exist
  | 'conflict' // another promotion, another controller, an older term
  | 'lock-mismatch' // profile or plan differs from its lock
  | 'not-allowed' // the person, role or signature does not suffice
  | 'inconclusive' // not enough to tell
  | 'integrity' // ledger, pack or signature is broken
  | 'unavailable' // a disk, a process or a service did not do its part; trying again may help
  | 'refused'; // the world refused an order for good (older generation, impossible weights)

export interface Problem {
  code: ProblemCode;
  message: string;
  hint?: string;
}

export function problem(code: ProblemCode, message: string, hint?: string): Problem {
  return hint === undefined ? { code, message } : { code, message, hint };
}
