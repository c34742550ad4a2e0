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
 * Whether the sign-offs suffice. A person signs once, in one role, so each approval fills exactly
 * one place.
 */
export function quorum(
  required: readonly RequiredRole[],
  roles: readonly { role: string; people: readonly string[] }[],
  accepted: readonly AcceptedSignOff[],
): Quorum {
  const rejected = accepted.find(({ choice }) => choice === 'reject');
  const signed = accepted.map(({ person }) => person);
  const missing = required.flatMap(({ role, count }) => {
    const given = new Set(
      accepted
        .filter((one) => one.role === role && one.choice === 'approve')
        .map((one) => one.person),
    ).size;
    if (given >= count) return [];
    const holders = roles.find((one) => one.role === role)?.people ?? [];
    return [{ role, count: count - given, people: holders.filter((one) => !signed.includes(one)) }];
  });
  return {
    met: missing.length === 0 && rejected === undefined && required.length > 0,
    missing,
    rejectedBy: rejected === undefined ? null : `${rejected.person} (${rejected.role})`,
  };
}
