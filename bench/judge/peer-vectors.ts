import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classify, KAYENTA_RULE, type KayentaRule } from '../../src/core/judge/kayenta/classify.ts';
import { brentInterval } from '../../src/core/judge/kayenta/mann-whitney.ts';
import { dkwExcess, dkwPValue, dkwRadius } from './dkw.ts';
import {
  type ArgoPhase,
  argoAssess,
  argoTake,
  flaggerRollsBack,
  NOTHING_TAKEN,
} from './peer-rules.ts';

/** How many published and computed values of one file a peer reproduces. */
export interface Parity {
  peer: string;
  file: string;
  held: number;
  /** Those that concern what is simulated here, and all of the file. */
  of: number;
  inFile: number;
}

interface Case {
  fn: string;
  args: never;
  expected: never;
  tol: number;
}

const FOLDER = join(
  process.env.AURORA_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors'),
  'statistics',
);

/** Each peer against the values of its own rule; null where they are not at hand. */
export function peerParity(): Parity[] | null {
  if (!existsSync(FOLDER)) return null;
  return [
    parity('Kayenta', 'kayenta-mannwhitney.json', INTERVALS),
    parity('Kayenta', 'kayenta-classifier.json', LABELS),
    parity('Argo Rollouts, Flagger', 'argo-flagger-semantics.json', RULES),
    parity('DKW band', 'dkw-anytime.json', BANDS),
  ];
}

type Holds = (one: Case) => boolean;

function parity(peer: string, file: string, holds: Readonly<Record<string, Holds>>): Parity {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const { cases } = JSON.parse(text) as { cases: Case[] };
  const own = cases.filter(({ fn }) => Object.hasOwn(holds, fn));
  const held = own.filter((one) => holds[one.fn]?.(one) ?? false).length;
  return { peer, file, held, of: own.length, inFile: cases.length };
}

/** Relative: a p-value of 1e-20 that comes out as 0 is not reproduced. */
const near = (value: number, { expected, tol }: Case): boolean =>
  Math.abs(value - expected) <= tol * Math.abs(expected);

const RULES: Readonly<Record<string, Holds>> = {
  argoAssess({ args, expected }) {
    const { failureLimit, failed, count, terminating, ...rest } = args as {
      failureLimit: number;
      failed: number;
      count: number;
      terminating: boolean;
      consecutiveSuccess?: number;
      consecutiveSuccessLimit?: number;
    };
    const { consecutiveSuccess = 0, consecutiveSuccessLimit = null } = rest;
    const taken = { ...NOTHING_TAKEN, failed, count, consecutiveSuccess };
    const rule = { failureLimit, consecutiveSuccessLimit, count: null };
    return argoAssess(taken, rule, terminating) === expected;
  },
  argoSequence({ args, expected }) {
    const { failureLimit, count, phases } = args as {
      failureLimit: number;
      count: number | null;
      phases: string;
    };
    return argoSequence(failureLimit, count, phases).join() === (expected as string[]).join();
  },
  flaggerSequence({ args, expected }) {
    const { threshold, checks } = args as { threshold: number; checks: string };
    const isBack = flaggerRollsBack([...checks].filter((one) => one === 'F').length, threshold);
    return isBack === !(expected as string).startsWith('still progressing');
  },
};

/** The phase after each measurement: S success, F failure. */
export function argoSequence(
  failureLimit: number,
  count: number | null,
  phases: string,
): ArgoPhase[] {
  const rule = { failureLimit, consecutiveSuccessLimit: null, count };
  let taken = NOTHING_TAKEN;
  return [...phases].map((one) => {
    taken = argoTake(taken, one === 'F' ? 'failure' : 'success');
    return argoAssess(taken, rule, false);
  });
}

const BANDS: Readonly<Record<string, Holds>> = {
  aviDkwRadius(one) {
    const { n, alpha } = one.args as { n: number; alpha: number };
    return near(dkwRadius(n, alpha), one);
  },
  aviDkwTwoSamplePValue(one) {
    const { sup, n, m } = one.args as { sup: number; n: number; m: number };
    return near(dkwPValue(sup, n, m), one);
  },
  histogramOneSidedSup({ args, expected, tol }) {
    const { baselineBucketCounts, canaryBucketCounts, alpha } = args as {
      baselineBucketCounts: number[];
      canaryBucketCounts: number[];
      alpha: number;
    };
    const wanted = expected as {
      supBaselineMinusCanaryCdf: number;
      radiusBaseline: number;
      radiusCanary: number;
      reject: boolean;
    };
    const { sup, radii } = dkwExcess(baselineBucketCounts, canaryBucketCounts, alpha);
    return (
      Math.abs(sup - wanted.supBaselineMinusCanaryCdf) <= tol &&
      Math.abs(radii - wanted.radiusBaseline - wanted.radiusCanary) <= tol &&
      sup > radii === wanted.reject
    );
  },
};

const INTERVALS: Readonly<Record<string, Holds>> = {
  mannWhitneyCi({ args, expected, tol }) {
    const { conf, canary, baseline } = args as {
      conf: number;
      canary: number[];
      baseline: number[];
    };
    const { ci, estimate } = expected as { ci: [number, number]; estimate?: number };
    const told = brentInterval(baseline, canary, conf);
    const pairs = [
      [told.lower, ci[0]],
      [told.upper, ci[1]],
      [told.estimate, estimate ?? told.estimate],
    ];
    return pairs.every(([own = 0, wanted = 0]) => Math.abs(own - wanted) <= tol);
  },
};

interface LabelArgs {
  canary: number[];
  baseline: number[];
  tolerance: number;
  confLevel: number;
  direction: KayentaRule['direction'];
  effectSizeThresholds?: [number, number];
  criticalThresholds?: [number, number];
  measure?: KayentaRule['effect'];
  critical?: boolean;
  nanStrategy?: KayentaRule['nan'];
  dataRequired?: boolean;
}

function labelHolds({ args, expected }: Case): boolean {
  const told: LabelArgs = args;
  const [allowedDecrease, allowedIncrease] = told.effectSizeThresholds ?? [1, 1];
  const [criticalDecrease, criticalIncrease] = told.criticalThresholds ?? [1, 1];
  const rule: KayentaRule = {
    ...KAYENTA_RULE,
    tolerance: told.tolerance,
    confidence: told.confLevel,
    direction: told.direction,
    allowedDecrease,
    allowedIncrease,
    criticalDecrease,
    criticalIncrease,
    effect: told.measure ?? 'meanRatio',
    critical: told.critical ?? false,
    nan: told.nanStrategy ?? 'remove',
    mustHaveData: told.dataRequired ?? false,
  };
  const { label } = classify(rule, told.baseline, told.canary);
  return label === (expected as { classification: string }).classification;
}

const LABELS: Readonly<Record<string, Holds>> = {
  classifyMetric: labelHolds,
  'meanRatio+classify': labelHolds,
};
