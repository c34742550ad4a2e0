import { type Finding, formatFinding } from '../plan/finding.ts';
import type { ParsedProfile } from './profile.ts';
import { softerKeys } from './strictness.ts';

/** One file of a folder of profiles, as parse.ts saw it. */
export interface ReadProfile {
  name: string;
  parsed: ParsedProfile | null;
  findings: readonly Finding[];
}

/** profile_validation.json. Field names are those of the source documents. */
export interface ValidationReport {
  apiVersion: 'aurora/v1';
  kind: 'ProfileValidation';
  validation_summary: {
    total_profiles: number;
    valid_profiles: number;
    invalid_profiles: number;
  };
  validations: Record<string, ProfileValidation>;
}

export interface ProfileValidation {
  is_valid: boolean;
  errors: string[];
  warnings: string[];
  /** null where the file can't be read as a profile. */
  sha256_normalized_yaml: string | null;
}

const STRICT = 'r2';
const SOFT = 'smoke';
/** Above this share of idle decisions a production profile hardly asks for anything. */
const PRODUCTION_NOOP_RATIO_MAX = 0.7;

/** Every profile by itself, and r2 against smoke. Deterministic: the same files, the same report. */
export function validateProfiles(profiles: readonly ReadProfile[]): ValidationReport {
  const validations = new Map(profiles.map((one) => [one.name, validateOne(one)]));
  const strict = profiles.find(({ name }) => name === STRICT);
  const soft = profiles.find(({ name }) => name === SOFT);
  if (strict && soft) compare(strict, soft, validations.get(STRICT));
  const all = [...validations.values()];
  const valid = all.filter((one) => one.is_valid).length;
  return {
    apiVersion: 'aurora/v1',
    kind: 'ProfileValidation',
    validation_summary: {
      total_profiles: all.length,
      valid_profiles: valid,
      invalid_profiles: all.length - valid,
    },
    validations: Object.fromEntries(validations),
  };
}

function validateOne({ name, parsed, findings }: ReadProfile): ProfileValidation {
  const warnings: string[] = [];
  const { profile } = parsed ?? {};
  if (name === STRICT && (profile?.preloop.maxNoopRatio ?? 0) > PRODUCTION_NOOP_RATIO_MAX) {
    warnings.push(`preloop.max_noop_ratio is above ${PRODUCTION_NOOP_RATIO_MAX} in production`);
  }
  if (name === SOFT && profile?.preloop.requireTrigger === true) {
    warnings.push(
      'preloop.require_trigger is true: smoke sessions may wait for a trigger for ever',
    );
  }
  return {
    is_valid: parsed !== null,
    errors: findings.map(formatFinding),
    warnings,
    sha256_normalized_yaml: parsed?.sha256 ?? null,
  };
}

function compare(
  strict: ReadProfile,
  soft: ReadProfile,
  into: ProfileValidation | undefined,
): void {
  if (into === undefined) return;
  if (strict.parsed === null || soft.parsed === null) {
    into.warnings.push(`not compared with ${SOFT}: one of the two is invalid`);
    return;
  }
  for (const { key, strictText, softText, isEqual } of softerKeys(strict.parsed, soft.parsed)) {
    if (isEqual) {
      into.warnings.push(`${key}: ${strictText} is no stricter than in ${SOFT}`);
    } else {
      into.errors.push(`${key}: ${strictText} is softer than ${softText} in ${SOFT}`);
      into.is_valid = false;
    }
  }
}
