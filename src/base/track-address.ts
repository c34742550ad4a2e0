import { type Problem, problem } from './problem.ts';
import { fail, ok, type Result } from './result.ts';

/** Where a track answers that runs already, and that Aurora neither starts nor stops. */
export interface TrackAddress {
  /** As a socket takes it: an IPv6 address stands without brackets. */
  host: string;
  port: number;
}

const FORM = 'http://HOST:PORT';
const HTTP_PORT = 80;
const PORT_MAX = 65_535;
/** Names and IPv4 addresses, or an IPv6 address in brackets; nothing that a URL may hold besides. */
const ADDRESS =
  /^http:\/\/(?:([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)|\[([0-9a-f:.]*:[0-9a-f:.]*)\])(?::(\d{1,5}))?\/?$/i;

/**
 * What stands where a command is expected: null when it is a command, to be run by a shell. Words
 * that begin as a URL and are no plain address are `usage`: a path or a password that would be left
 * out without a word is worse than an error.
 */
export function parseTrackAddress(command: string): Result<TrackAddress> | null {
  const text = command.trim();
  if (/^https:/i.test(text)) return fail(encrypted(text));
  if (!/^http:/i.test(text)) return null;
  const [, name, ipv6, digits] = ADDRESS.exec(text) ?? [];
  const host = name ?? ipv6;
  const port = digits === undefined ? HTTP_PORT : Number(digits);
  if (host !== undefined && port >= 1 && port <= PORT_MAX) return ok({ host, port });
  const message = `expected ${FORM} and nothing more, found ${JSON.stringify(text)}`;
  return fail(problem('usage', message, 'without path, query and user: requests bring their own'));
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']);

/** Whether two places are the same words; the names that this machine has for itself are one. */
export function isSameAddress(one: TrackAddress, other: TrackAddress): boolean {
  return one.port === other.port && machineOf(one) === machineOf(other);
}

function machineOf({ host }: TrackAddress): string {
  const name = host.toLowerCase();
  return LOOPBACK.has(name) ? 'localhost' : name;
}

function encrypted(text: string): Problem {
  const message = `the splitter speaks plain HTTP to tracks, found ${JSON.stringify(text)}`;
  return problem('usage', message, `${FORM}; TLS ends before the door`);
}
