import { sha256 } from '../../base/digest.ts';
import { readYaml } from '../file/yaml-source.ts';
import type { ParsedProfile } from './profile.ts';
import { pythonJson, SPACED } from './python-json.ts';

const CHECKSUM_LENGTH = 16;

/**
 * The checksum in a `<profile>.yaml.lock` of the older format, or null when the text is none. Read
 * only to migrate: 64 bits of a hash are no protection against someone who looks for a collision.
 */
export function parseOlderLock(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('checksum' in value)) return null;
    const { checksum } = value;
    return typeof checksum === 'string' && /^[0-9a-f]{16}$/.test(checksum) ? checksum : null;
  } catch {
    return null;
  }
}

/** What the older format would say of a profile: the same document, written with spaces. */
export function olderChecksum(parsed: ParsedProfile): string {
  const { root } = readYaml(parsed.normalized);
  return root === null ? '' : sha256(pythonJson(root, SPACED)).slice(0, CHECKSUM_LENGTH);
}
