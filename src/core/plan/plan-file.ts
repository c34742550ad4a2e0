import type { Track } from '../evidence/interval.ts';
import type { Comparison, Statistic } from '../gate/check.ts';
import type { Colour, Impact } from '../gate/gate.ts';
import type { DecisionRule, DefaultAction, Load, Traffic } from './plan.ts';

/**
 * What a plan file says, in the form of schema.ts: shorthands unread, defaults left out. Durations
 * and instants are texts whose form was checked.
 */
export interface PlanFile {
  apiVersion: 'aurora/v1';
  kind: 'Plan';
  name: string;
  service: string;
  release: ReleaseFile;
  profile?: { name: string; sha256: string };
  interval?: string;
  controllerLoss?: string;
  rule?: DecisionRule;
  decision?: 'signed' | 'none';
  evidenceMaxAge?: string;
  goMaxAge?: string;
  arguments?: Readonly<Record<string, unknown>>;
  people?: Readonly<Record<string, string>>;
  roles?: Readonly<Record<string, readonly string[]>>;
  overrideRoles?: readonly string[];
  authors?: readonly string[];
  prometheus?: PrometheusFile;
  metrics?: Readonly<Record<string, MetricFile>>;
  judge?: JudgeFile | KayentaFile;
  triggers?: Readonly<Record<string, string | TriggerFile>>;
  gates?: Readonly<Record<string, GateFile>>;
  phases: readonly PhaseFile[];
  freezes?: Readonly<Record<string, FreezeFile>>;
  load?: LoadFile;
}

/** `200rps /path`, or the mapping it stands for. */
export type LoadFile = string | Load;

export interface PrometheusFile {
  url: string;
  bearerFile?: string;
  basicFile?: string;
  deadline?: string;
}

interface ReleaseFile {
  version: string;
  candidate: string;
  artifacts?: readonly { name: string; sha256: string }[];
  command?: string;
  authors?: readonly string[];
}

export interface MetricFile {
  kind: 'rate' | 'histogram' | 'value';
  unit?: string;
  edges?: readonly number[];
  worse?: 'higher' | 'lower';
  weight?: number;
  required?: boolean;
  advisory?: boolean;
  marginRelative?: number;
  marginAbsolute?: number;
  relevanceFloor?: number;
  from?: string | MeasurementFile;
}

export type MeasurementFile =
  | { source: 'splitter'; measure: 'errors' | 'timeouts' | 'latency' }
  | {
      source: 'prometheus' | 'scrape';
      events?: string;
      total?: string;
      buckets?: string;
      value?: string;
    }
  | { source: 'sessions'; field: string };

export interface JudgeFile {
  alpha?: number;
  alphaPromote?: number;
  alphaSplit?: number;
  split?: string;
  psiGrid?: readonly number[];
  dispersion?: string | DispersionFile;
  warmUp?: string;
  baseline?: 'stable' | 'fresh';
}

export interface KayentaFile {
  method: 'kayenta';
  pass?: number;
  marginal?: number;
  every?: number;
  /** `growing`, or `sliding N`. */
  window?: string;
  quantile?: number;
  tolerance?: number;
  confidence?: number;
  baseline?: 'stable' | 'fresh';
}

export type DispersionFile =
  | { kind: 'assumed'; phi: number }
  | { kind: 'measured'; blocks?: readonly number[]; intervalsMin?: number };

export type TriggerFile =
  | {
      kind: 'sustained';
      metric: string;
      track?: Track;
      statistic: Statistic;
      op: Comparison;
      limit: number;
      for?: string;
    }
  | { kind: 'down'; for?: string }
  | { kind: 'incident'; severityMax: number };

export interface GateFile {
  title?: string;
  impact?: Impact;
  colour?: Colour;
  conditionWithin?: string;
  checks: Readonly<Record<string, string | CheckFile>>;
}

export interface CheckFile {
  hint?: string;
  evidence: string | EvidenceFile;
  condition: string | ConditionFile;
  maxAge?: string;
  samplesMin?: number;
  advisory?: boolean;
}

export type EvidenceFile =
  | { source: 'prometheus'; query: string; window?: string }
  | { source: 'http'; url: string; field: string }
  | { source: 'command'; run: string; field: string; timeout?: string }
  | { source: 'file'; path: string; field: string }
  | { source: 'metric'; metric: string; track?: Track; statistic: Statistic; window: string }
  | { source: 'sessions'; statistic: string }
  | { source: 'incidents'; severityMax: number; window: string }
  | { source: 'judge' };

export type ConditionFile =
  | { kind: 'threshold'; op: Comparison; limit: number; warnLimit?: number }
  | { kind: 'range'; min: number; max: number }
  | { kind: 'ratio'; op: Comparison; limit: number; denominatorMin?: number }
  | { kind: 'sustained'; op: Comparison; limit: number; for: string }
  | {
      kind: 'failures';
      op: Comparison;
      limit: number;
      failuresMax?: number;
      countMin?: number;
    }
  | { kind: 'count'; op: Comparison; limit: number }
  | { kind: 'presence' };

export interface PhaseBaseFile {
  name?: string;
  traffic?: Traffic;
  load?: LoadFile;
  gates?: readonly string[];
  every?: string;
  repeat?: { count: number; failureLimit: number };
  onFail?: DefaultAction;
  failFor?: string;
  /** A duration, or `none`. */
  deadline?: string;
  onDeadline?: DefaultAction;
  triggers?: readonly string[];
  fallback?: 'stable' | 'stay';
  before?: readonly HookFile[];
  after?: readonly HookFile[];
}

export interface HookFile {
  name: string;
  run: string;
  timeout?: string;
  onFail?: DefaultAction;
}

export type PhaseFile = PhaseBaseFile &
  (
    | { kind: 'perimeter' }
    | { kind: 'soak'; duration: string; requestsMin?: number; onBreach?: 'restart' | 'rollback' }
    | {
        kind: 'canary';
        weight: number;
        duration: string;
        requestsMin?: number;
        checkpoints?: readonly string[];
        advance?: 'at-end' | 'when-shown';
        judged?: boolean;
      }
    | {
        kind: 'decision';
        subject?: 'release' | 'confirmation';
        signOffs: Readonly<Record<string, number>>;
        valid?: string;
      }
    | { kind: 'rollout'; steps: readonly (string | { weight: number; hold?: string })[] }
    | { kind: 'watch'; duration: string }
  );

export type FreezeFile =
  | { from: string; to: string; days?: never }
  | { days: readonly string[]; from: string; to: string };
