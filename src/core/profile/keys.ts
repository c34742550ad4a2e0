/**
 * Every key of a profile, once: the parser's checks, the published JSON Schema and the comparison of
 * r2 with smoke are all made from this table, so they cannot disagree.
 */
export const PROFILE_KEYS: readonly ProfileKey[] = [
  {
    path: 'acceptance.coverage_target',
    type: 'ratio',
    summary: 'Share of outcomes that must fall inside the predicted interval.',
    stricter: 'higher',
  },
  {
    path: 'acceptance.min_decisions',
    type: 'count',
    summary: 'Decisions that a session must have made to be accepted.',
    stricter: 'higher',
  },
  {
    path: 'kappa_thresholds.tau_d',
    type: 'ratio',
    summary:
      'Threshold of the score for trading at reduced size; only compared, never interpreted.',
    stricter: 'lower',
  },
  {
    path: 'kappa_thresholds.tau_p',
    type: 'ratio',
    summary: 'Threshold of the score for trading at full size; only compared, never interpreted.',
    stricter: 'lower',
  },
  {
    path: 'monitoring.main_loop_started_ratio_min',
    type: 'ratio',
    summary: 'Share of sessions that must reach their main loop.',
    stricter: 'higher',
  },
  {
    path: 'monitoring.skip_ratio_max',
    type: 'ratio',
    summary: 'Share of sessions that may be skipped.',
    stricter: 'lower',
  },
  {
    path: 'preloop.max_noop_ratio',
    type: 'ratio',
    summary: 'Share of decisions in a session that may do nothing.',
    stricter: 'lower',
  },
  {
    path: 'preloop.require_trigger',
    type: 'boolean',
    summary: 'Whether the main loop waits for a trigger.',
    stricter: 'higher',
  },
  {
    path: 'preloop.zero_budget_tolerance',
    type: 'count',
    summary: 'Sessions without a budget that are tolerated.',
    stricter: 'lower',
  },
  {
    path: 'profile_lock.enforced',
    type: 'boolean',
    summary: 'Whether a workload refuses to start when the profile differs from its lock.',
    stricter: 'higher',
    // Absent means enforced: leaving a line out must never switch a protection off.
    default: true,
  },
  {
    path: 'schema.profile_name',
    type: 'name',
    summary: "The profile's full name.",
    stricter: null,
  },
  {
    path: 'schema.strict_validation',
    type: 'boolean',
    summary: 'Whether the workload treats warnings about its profile as errors.',
    stricter: 'higher',
  },
  {
    path: 'schema.version',
    type: 'version',
    summary: 'Version of this format.',
    stricter: null,
  },
];

export interface ProfileKey {
  /** `section.key`: a profile is exactly two levels deep. */
  path: string;
  type: ProfileKeyType;
  summary: string;
  /** The side on which a value is stricter (true counts as higher); null: not comparable. */
  stricter: 'higher' | 'lower' | null;
  /** Makes the key optional. */
  default?: boolean;
}

export type ProfileKeyType = 'ratio' | 'count' | 'boolean' | 'name' | 'version';

/** No profile comes near it; a larger count is a typing mistake. */
export const COUNT_MAX = 1_000_000_000;
export const NAME_PATTERN = '^[a-z][a-z0-9_]{0,63}$';

/** What a value must look like, for messages: `expected ...`. */
export const KEY_FORMS: Readonly<Record<ProfileKeyType, string>> = {
  ratio: 'a number from 0 to 1, written like 0.95',
  count: `a whole number from 0 to ${COUNT_MAX}`,
  boolean: 'true or false',
  name: 'a name of lower-case letters, digits and _, such as r2_production',
  version: '1',
};

/** The section and the key in it. */
export function splitKey(path: string): readonly [section: string, key: string] {
  const dot = path.indexOf('.');
  return [path.slice(0, dot), path.slice(dot + 1)];
}
