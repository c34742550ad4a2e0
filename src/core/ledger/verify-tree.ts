import { equalBytes } from '../../base/bytes.ts';
import { EMPTY_ROOT, HASH_BYTES, type Hash, hashAt, leafHash, nodeHash } from './merkle.ts';

/** Something that is not what was logged. */
export interface Damage {
  /** The entry it concerns; null when it concerns none, such as a blob that no entry quotes. */
  entry: number | null;
  /** `body`, `leaf hash`, `node 3/17`, `rows 61-120 of p`, ... */
  place: string;
  message: string;
}

/** Re-hashes leaves and nodes as they come and compares them with the stored hashes. */
export interface TreeAudit {
  /** The next leaf; `stored` are its hash and the inner nodes it completes, end to end. */
  add(body: string, stored: Uint8Array): { intact: boolean };
  /** Whether `root` is the root of the leaves so far. */
  agreesWith(root: Hash): boolean;
  root(): Hash;
}

/**
 * A stored hash and, where they differ, the one computed from below. Which of the two is damaged
 * shows one level up: the parent was hashed from the right one.
 */
interface Slot {
  level: number;
  stored: Hash;
  doubt: { computed: Hash; damage: Damage } | null;
}

export function treeAudit(report: (damage: Damage) => void): TreeAudit {
  const slots: Slot[] = [];
  let size = 0;

  const doubted = (level: number, stored: Hash, computed: Hash): Slot => {
    if (equalBytes(stored, computed)) return { level, stored, doubt: null };
    const damage = level === 0 ? bodyDamage(size) : nodeDamage(level, size);
    report(damage);
    return { level, stored, doubt: { computed, damage } };
  };

  const join = (left: Slot, right: Slot, stored: Hash | null): Slot => {
    const level = left.level + 1;
    const computed = nodeHash(left.stored, right.stored);
    if (stored === null) {
      report({ ...nodeDamage(level, size), message: 'the stored hash is missing' });
      return { level, stored: computed, doubt: null };
    }
    if (!equalBytes(stored, computed) && clears([left, right], stored)) {
      return { level, stored, doubt: null };
    }
    return doubted(level, stored, computed);
  };

  const add: TreeAudit['add'] = (body, stored) => {
    let slot = doubted(0, hashAt(stored, 0) ?? NO_HASH, leafHash(body));
    const intact = slot.doubt === null;
    let level = 1;
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = slots.pop();
      if (left === undefined) break;
      slot = join(left, slot, hashAt(stored, level));
      level += 1;
    }
    if (stored.length > level * HASH_BYTES) {
      report({ entry: size, place: 'nodes', message: 'bytes that belong to no node' });
    }
    slots.push(slot);
    size += 1;
    return { intact };
  };

  const root = (): Hash => rootOfSlots(slots.map((slot) => slot.stored));
  const agreesWith = (claimed: Hash): boolean =>
    equalBytes(root(), claimed) || clears(slots, claimed);
  return { add, agreesWith, root };
}

/** Beyond this many doubted hashes at once there is no use in finding out which side is damaged. */
const DOUBTS_MAX = 6;

/**
 * Tries the computed hashes in the place of the stored ones. Where that gives what the level above
 * holds, the stored hash is what was damaged, and what lies below it is as it was logged.
 */
function clears(slots: readonly Slot[], above: Hash): boolean {
  const doubts = slots.flatMap(({ doubt }) => (doubt === null ? [] : [doubt]));
  if (doubts.length === 0 || doubts.length > DOUBTS_MAX) return false;
  for (let choice = 1; choice < 1 << doubts.length; choice += 1) {
    const isChosen = (slot: Slot): boolean =>
      slot.doubt !== null && (choice >> doubts.indexOf(slot.doubt)) % 2 === 1;
    const hashes = slots.map((slot) => (isChosen(slot) && slot.doubt?.computed) || slot.stored);
    if (!equalBytes(rootOfSlots(hashes), above)) continue;
    for (const slot of slots.filter(isChosen)) {
      if (slot.doubt) blameStoredHash(slot.doubt.damage, slot.level);
      slot.stored = slot.doubt?.computed ?? slot.stored;
      slot.doubt = null;
    }
    return true;
  }
  return false;
}

function rootOfSlots(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

function bodyDamage(entry: number): Damage {
  return { entry, place: 'body', message: 'the body does not hash to its leaf hash' };
}

function nodeDamage(level: number, last: number): Damage {
  let span = 1;
  for (let i = 0; i < level; i += 1) span *= 2;
  const first = last + 1 - span;
  const message = `the stored hash does not follow from the entries ${first} to ${last}`;
  return { entry: first, place: `node ${level}/${first / span}`, message };
}

function blameStoredHash(damage: Damage, level: number): void {
  if (level === 0) damage.place = 'leaf hash';
  damage.message = 'the stored hash is not the one that the tree above was built from';
}

/** Stands for a stored hash that is cut off: damage like any other. */
const NO_HASH: Hash = new Uint8Array(HASH_BYTES);
