import type { Plan } from './plan.ts';

/** Who may approve nothing of this promotion: those who made the release, and those who wrote the plan. */
export function authorsOf({
  release,
  authors,
}: Pick<Plan, 'release' | 'authors'>): readonly string[] {
  return [...release.authors, ...authors];
}
