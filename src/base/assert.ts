/** A bug in Aurora itself: never an expected failure. The command line turns it into exit 70. */
export class BugError extends Error {
  override name = 'BugError';
}

/** Throws BugError when a thing that the code relies on does not hold. Stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** For the default branch of an exhaustive switch: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new BugError(`unreachable: ${JSON.stringify(value)}`);
}

/** The value, or a bug when it is missing; for lookups that the code has already proven. */
export function present<T>(value: T | null | undefined, message: string): T {
  assert(value !== null && value !== undefined, message);
  return value;
}
