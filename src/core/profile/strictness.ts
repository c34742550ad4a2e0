import { nodeAt } from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import { PROFILE_KEYS, type ProfileKey, splitKey } from './keys.ts';
import type { ParsedProfile } from './profile.ts';

export interface SofterKey {
  key: string;
  strictText: string;
  softText: string;
  /** Equal is odd; softer is wrong. */
  isEqual: boolean;
}

/** The keys in which `strict` is not stricter than `soft`. A default that both leave out is no news. */
export function softerKeys(strict: ParsedProfile, soft: ParsedProfile): SofterKey[] {
  return PROFILE_KEYS.flatMap((key): SofterKey[] => {
    if (key.stricter === null) return [];
    const values = [strict, soft].map((parsed) => valueIn(parsed, key));
    const [own = 0, other = 0] = values.map(Number);
    const isEqual = own === other;
    if (key.default !== undefined && isEqual) return [];
    const isStricter = key.stricter === 'higher' ? own > other : own < other;
    if (isStricter) return [];
    return [{ key: key.path, strictText: `${values[0]}`, softText: `${values[1]}`, isEqual }];
  });
}

/** A number or a boolean: parse.ts has checked it. */
function valueIn(parsed: ParsedProfile, key: ProfileKey): unknown {
  const { root } = readYaml(parsed.normalized);
  const node = root === null ? null : nodeAt(root, splitKey(key.path));
  return node?.kind === 'scalar' ? node.value : key.default;
}
