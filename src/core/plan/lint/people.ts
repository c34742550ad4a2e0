import { identityOf, parsePublicKey } from '../../../base/public-key.ts';
import type { SourcePath } from '../../file/source-node.ts';
import { authorsOf } from '../authors.ts';
import { meant, nearest } from '../nearest.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { PUBLIC_KEY_FORM } from '../schema/release.ts';
import { error, type Rule, rule, warning } from './rule.ts';

/** Who signs, and whether enough people can. */
export const PEOPLE_RULES: readonly Rule[] = [
  rule(['people'], keys),
  rule(['people', 'roles'], members),
  rule(['roles', 'overrideRoles'], overrides),
  rule(['roles', 'phases', 'release', 'authors'], quorums),
  rule(['people', 'release', 'authors'], knownAuthors),
];

function keys(scope: Scope, { people }: Pick<Plan, 'people'>): void {
  const owners = new Map<string, string>();
  for (const { id, publicKey } of people) {
    const path = ['people', id];
    const key = parsePublicKey(publicKey);
    if (key === null) {
      const hint = 'openssl pkey -in KEY -pubout -outform DER | base64; or a line of a .pub file';
      scope.report(path, error('bad-key', `expected ${PUBLIC_KEY_FORM}`, hint));
      continue;
    }
    // The same key may be written as a file's and as an ssh line.
    const identity = identityOf(key);
    const owner = owners.get(identity);
    if (owner !== undefined) {
      const message = `the key is also that of "${owner}": one person would sign as two`;
      scope.report(path, error('shared-key', message));
    }
    owners.set(identity, owner ?? id);
  }
}

function members(scope: Scope, { people, roles }: Pick<Plan, 'people' | 'roles'>): void {
  const known = people.map(({ id }) => id);
  const used = new Set(roles.flatMap((role) => role.people));
  for (const role of roles) {
    for (const [index, id] of role.people.entries()) {
      const path = ['roles', role.name, index];
      if (!known.includes(id)) {
        const message = `unknown person "${id}"`;
        scope.report(path, error('unknown-person', message, meant(id, known)));
      } else if (role.people.indexOf(id) < index) {
        scope.report(path, error('duplicate-entry', `"${id}" stands twice in this role`));
      }
    }
  }
  for (const id of known) {
    if (used.has(id)) continue;
    scope.reportKey(['people', id], warning('unused-person', `"${id}" holds no role`));
  }
}

function overrides(
  scope: Scope,
  { roles, overrideRoles }: Pick<Plan, 'roles' | 'overrideRoles'>,
): void {
  const known = roles.map(({ name }) => name);
  for (const [index, role] of overrideRoles.entries()) {
    if (known.includes(role)) continue;
    const fault = error('unknown-role', `unknown role "${role}"`, meant(role, known));
    scope.report(['overrideRoles', index], fault);
  }
}

/** Authors cannot approve, and a person signs once: are there enough different people? */
function quorums(
  scope: Scope,
  { roles, phases, ...made }: Pick<Plan, 'roles' | 'phases' | 'release' | 'authors'>,
): void {
  const known = roles.map(({ name }) => name);
  const authors = authorsOf(made);
  for (const [index, phase] of phases.entries()) {
    if (phase.kind !== 'decision') continue;
    const path = ['phases', index, 'signOffs'];
    const places: string[][] = [];
    let tooFew = false;
    for (const { role, count } of phase.signOffs) {
      const holders = roles.find(({ name }) => name === role)?.people;
      if (holders === undefined) {
        const fault = error('unknown-role', `unknown role "${role}"`, meant(role, known));
        scope.reportKey([...path, role], fault);
        tooFew = true;
        continue;
      }
      const able = [...new Set(holders)].filter((id) => !authors.includes(id));
      // A number from a hostile file must not size a list.
      for (let i = 0; i < Math.min(count, able.length); i += 1) places.push(able);
      if (able.length >= count) continue;
      tooFew = true;
      const but = able.length < holders.length ? 'who are no authors can' : 'can';
      const message = `${count} must sign as ${role}, and only ${able.length} ${but}`;
      const hint = `more people in roles.${role}, or fewer sign-offs`;
      scope.report([...path, role], error('quorum-too-large', message, hint));
    }
    if (tooFew || canFill(places)) continue;
    const message = `${places.length} different people must sign, and the roles share too few`;
    const hint = 'one person in several roles signs only once';
    scope.reportKey(path, error('quorum-too-large', message, hint));
  }
}

/** Whether every place can have a person of its own (augmenting paths). */
function canFill(places: readonly (readonly string[])[]): boolean {
  const taken = new Map<string, number>();
  const seat = (place: number, tried: Set<string>): boolean => {
    for (const person of places[place] ?? []) {
      if (tried.has(person)) continue;
      tried.add(person);
      const sitting = taken.get(person);
      if (sitting !== undefined && !seat(sitting, tried)) continue;
      taken.set(person, place);
      return true;
    }
    return false;
  };
  return places.every((_, place) => seat(place, new Set()));
}

/** Authors need no key, so an unknown one is no error; but a slip of the hand would let one sign. */
function knownAuthors(
  scope: Scope,
  { people, release, authors }: Pick<Plan, 'people' | 'release' | 'authors'>,
): void {
  const known = people.map(({ id }) => id);
  const look = (path: SourcePath, ids: readonly string[]): void => {
    for (const [index, id] of ids.entries()) {
      if (known.includes(id)) continue;
      const close = nearest(id, known);
      if (close === null) continue;
      const message = `the author "${id}" is nobody in people, but almost "${close}"`;
      scope.report([...path, index], warning('unknown-person', message));
    }
  };
  look(['release', 'authors'], release.authors);
  look(['authors'], authors);
}
