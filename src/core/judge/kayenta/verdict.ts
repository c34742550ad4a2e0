import type { CheckOutcome } from '../../gate/check.ts';
import type { VerdictKind } from '../verdict.ts';
import type { KayentaLabel } from './classify.ts';
import type { ShiftInterval } from './mann-whitney.ts';

/** Kayenta's method in numbers. It knows scores; e-values, budgets and a split it does not. */
export interface KayentaVerdict {
  method: 'kayenta';
  kind: VerdictKind;
  /** One sentence. */
  reason: string;
  /** Last interval in which a metric was measured (-1: none), and how many intervals did. */
  seq: number;
  pairs: number;
  /** The judgement it rests on; null before the first. */
  judged: KayentaJudgement | null;
  /** Judgements so far, and intervals until the next. */
  judgements: number;
  nextInIntervals: number;
  /** The scores that it was held against. */
  pass: number;
  marginal: number;
  metrics: readonly KayentaMetricVerdict[];
}

/** One look at the window. */
export interface KayentaJudgement {
  /** The interval after which it was made. */
  seq: number;
  /** Intervals in its window, and whether earlier ones had to be left out of a growing one. */
  intervals: number;
  clipped: boolean;
  /** 0 to 100, of the metrics that had data; null where none had. */
  score: number | null;
  /** By metric, in the plan's order. */
  findings: readonly KayentaFinding[];
}

export interface KayentaFinding {
  metric: string;
  /** Nodata: fewer than 50 values on a track. */
  label: KayentaLabel;
  /** Values on each track, and their mean in the metric's unit, a rate's in percent. */
  stable: { points: number; mean: number | null };
  candidate: { points: number; mean: number | null };
  /** Ratio of the means; null where either is 0 or missing. */
  ratio: number | null;
  interval: ShiftInterval | null;
  pValue: number | null;
}

export interface KayentaMetricVerdict {
  metric: string;
  /** `%` for a rate, else the metric's own. */
  unit: string;
  advisory: boolean;
  required: boolean;
  /** Its share of the score. */
  weight: number;
  /** Measurements that could not be what they said. */
  refused: number;
  /** Of the judgement; null before the first. */
  finding: KayentaFinding | null;
  outcome: CheckOutcome;
}
