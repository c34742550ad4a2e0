import { type Problem, problem } from '../../base/problem.ts';

/** The Problem of an error of the file system, naming `path`; any other error is thrown on. */
export function fileProblem(error: unknown, path: string): Problem {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : null;
  if (code === null) throw error;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem('not-found', `${path} does not exist`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return problem('not-allowed', `${path}: the system does not let this user (${code})`);
    case 'ENOSPC':
    case 'EDQUOT':
      return problem('unavailable', `${path}: no space is left (${code})`, 'free some there');
    default:
      return problem('unavailable', `${path}: ${String(code)}`);
  }
}
