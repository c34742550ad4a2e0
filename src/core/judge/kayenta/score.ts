import { assert } from '../../../base/assert.ts';
import type { KayentaLabel } from './classify.ts';

/** How metrics are summed up. Scores are from 0 to 100. */
export interface ScoreRule {
  pass: number;
  marginal: number;
  /** Shares of 100 by group; groups that are not named share what is left, equally. */
  groupWeights: Readonly<Record<string, number>>;
}

export interface Score {
  /** Rounded to two places, as Kayenta shows and compares it. */
  score: number;
  outcome: 'pass' | 'marginal' | 'fail';
  groupScores: Readonly<Record<string, number>>;
  /** Why it is 0 whatever the groups scored; null where they decided. */
  voided:
    | 'nothing was judged'
    | 'a critical metric failed'
    | 'half of the metrics have no data'
    | null;
}

/** Kayenta's weighted sum. A metric may be in several groups; `critical` fails everything. */
export function score(
  rule: ScoreRule,
  classified: readonly { groups: readonly string[]; label: KayentaLabel; critical: boolean }[],
): Score {
  const groups = new Map<string, KayentaLabel[]>();
  for (const one of classified) {
    for (const group of one.groups) groups.set(group, [...(groups.get(group) ?? []), one.label]);
  }
  const names = [...groups.keys()].sort();
  const weights = weightsOf(rule.groupWeights, names);
  const groupScores: Record<string, number> = {};
  let sum = 0;
  for (const name of names) {
    const value = groupScore(groups.get(name) ?? []);
    groupScores[name] = value;
    sum += value * (weights.get(name) ?? 0);
  }
  const voided = voidedBy(classified);
  const value = voided === null ? Math.round(sum) / 100 : 0;
  return { score: value, outcome: outcomeOf(rule, value), groupScores, voided };
}

function outcomeOf({ pass, marginal }: ScoreRule, value: number): Score['outcome'] {
  if (value >= pass) return 'pass';
  return value >= marginal ? 'marginal' : 'fail';
}

function voidedBy(all: readonly { label: KayentaLabel; critical: boolean }[]): Score['voided'] {
  if (all.length === 0) return 'nothing was judged';
  if (all.some(({ critical, label }) => critical && label !== 'Pass')) {
    return 'a critical metric failed';
  }
  const missing = all.filter(({ label }) => label === 'Nodata').length;
  return 2 * missing >= all.length ? 'half of the metrics have no data' : null;
}

/** Share of passes among what has data. A group without any scores 100: so Kayenta has it. */
function groupScore(labels: readonly KayentaLabel[]): number {
  const told = labels.filter((label) => label !== 'Nodata');
  const passes = told.filter((label) => label === 'Pass').length;
  return told.length === 0 ? 100 : (passes / told.length) * 100;
}

function weightsOf(
  told: Readonly<Record<string, number>>,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const named = names.filter((name) => Object.hasOwn(told, name));
  const sum = named.reduce((total, name) => total + (told[name] ?? 0), 0);
  // A hundred times decimals such as 0.1 sums to a little more than it should.
  assert(sum <= 100 + 1e-6, 'the weights of groups are shares of 100');
  const rest = (100 - sum) / Math.max(names.length - named.length, 1);
  return new Map(names.map((name) => [name, named.includes(name) ? (told[name] ?? 0) : rest]));
}
