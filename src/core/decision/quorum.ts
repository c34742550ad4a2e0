import type { AcceptedSignOff } from './sign-off.ts';

export interface RequiredRole {
  role: string;
  count: number;
}

export interface MissingRole {
  role: string;
  count: number;
  /** Who can still give it. */
  people: readonly string[];
}

export interface Quorum {
  met: boolean;
  missing: readonly MissingRole[];
  /** One rejection ends the request. */
  rejectedBy: string | null;
}

/**
 * Whether the sign-offs suffice. Each place needs a person of its own: somebody who approved in two
 * roles fills one, and which one is chosen so that as many places as can be are filled. A role that
 * is listed twice wants both counts. Nothing required is never met.
 */
export function quorum(
  required: readonly RequiredRole[],
  roles: readonly { role: string; people: readonly string[] }[],
  accepted: readonly AcceptedSignOff[],
): Quorum {
  const rejected = accepted.find(({ choice }) => choice === 'reject');
  const signed = new Set(accepted.map(({ person }) => person));
  const wanted = placesByRole(required);
  const filled = fillPlaces(wanted, accepted);
  const missing = [...wanted].flatMap(([role, count]) => {
    const open = count - (filled.get(role) ?? 0);
    if (open <= 0) return [];
    const holders = roles.find((one) => one.role === role)?.people ?? [];
    return [{ role, count: open, people: holders.filter((one) => !signed.has(one)) }];
  });
  return {
    met: missing.length === 0 && rejected === undefined && wanted.size > 0,
    missing,
    rejectedBy: rejected === undefined ? null : `${rejected.person} (${rejected.role})`,
  };
}

function placesByRole(required: readonly RequiredRole[]): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const { role, count } of required) {
    if (count > 0) wanted.set(role, (wanted.get(role) ?? 0) + count);
  }
  return wanted;
}

/** How many places of each role have a person of their own: a maximum matching by augmenting paths. */
function fillPlaces(
  wanted: ReadonlyMap<string, number>,
  accepted: readonly AcceptedSignOff[],
): ReadonlyMap<string, number> {
  const rolesOf = new Map<string, string[]>();
  for (const { person, role, choice } of accepted) {
    if (choice !== 'approve' || !wanted.has(role)) continue;
    rolesOf.set(person, [...(rolesOf.get(person) ?? []), role]);
  }
  const seated = new Map([...wanted.keys()].map((role) => [role, new Set<string>()]));
  for (const person of rolesOf.keys()) seat(person, new Set());
  return new Map([...seated].map(([role, people]) => [role, people.size]));

  /** Seats a person, moving others to another of their roles where that makes room. */
  function seat(person: string, tried: Set<string>): boolean {
    for (const role of rolesOf.get(person) ?? []) {
      const people = seated.get(role);
      if (people === undefined || tried.has(role)) continue;
      tried.add(role);
      const hasRoom = people.size < (wanted.get(role) ?? 0);
      const moved = hasRoom ? undefined : [...people].find((other) => seat(other, tried));
      if (!hasRoom && moved === undefined) continue;
      if (moved !== undefined) people.delete(moved);
      people.add(person);
      return true;
    }
    return false;
  }
}
