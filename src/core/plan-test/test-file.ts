import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { keyPosition, nodeAt, plainValue, type SourcePath } from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import type { Metric } from '../judge/settings.ts';
import { type Finding, findingAt, inFileOrder } from '../plan/finding.ts';
import { schemaFindings } from '../plan/schema-findings.ts';
import { validate } from '../plan/validate.ts';
import { PLAN_TEST_SCHEMA } from './test-schema.ts';

/** What a plan must do with evidence that is written down: the plan's own tests. */
export interface PlanTestFile {
  apiVersion: 'aurora/v1';
  kind: 'PlanTest';
  /** Path of the plan, from the folder of this file. */
  plan: string;
  arguments?: Readonly<Record<string, string>>;
  scenarios: readonly PlanScenario[];
}

export interface PlanScenario {
  name: string;
  /** What the plan's sources answer, by check. A check that is not named gets no evidence. */
  checks?: Readonly<Record<string, number | 'none' | 'error'>>;
  /** The traffic, stretch by stretch; the last one goes on. */
  traffic: readonly Stretch[];
  /** Whether people sign what they are asked; withheld when not said. */
  signOffs?: 'given' | 'withheld' | 'rejected';
  expect: Expectation;
}

export interface Stretch {
  for: string;
  /** Requests an interval, over both tracks. */
  requests: number;
  stable?: TrackScript;
  candidate?: TrackScript;
}

export interface TrackScript {
  up?: boolean;
  /** A rate's share, a value, or for a histogram the share of requests by latency. */
  metrics?: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
}

export interface Expectation {
  outcome: 'ga' | 'promoted' | 'rolled-back' | 'withdrawn' | 'none';
  cause?: string;
  /** Phases in the order in which they are entered. */
  road?: readonly string[];
  within?: string;
}

/** Text to scenarios, or every error with its place. Never throws. */
export function parsePlanTest(
  file: string,
  text: string,
): { test: PlanTestFile | null; findings: Finding[] } {
  const { root, faults } = readYaml(text);
  const findings = faults.map((fault) => findingAt(file, fault.at, fault.path, fault));
  if (root === null) return { test: null, findings: inFileOrder(findings) };
  const value = plainValue(root);
  findings.push(...schemaFindings(file, root, validate(PLAN_TEST_SCHEMA, value)));
  if (findings.length > 0) return { test: null, findings: inFileOrder(findings) };
  const test = value as PlanTestFile;
  for (const path of durationsOf(test)) {
    const node = nodeAt(root, path);
    const said = String(plainValue(node));
    if (parseDuration(said) !== null) continue;
    const message = `expected ${DURATION_FORM}, found "${said}"`;
    const fault = { code: 'form', message, hint: '' };
    findings.push(findingAt(file, keyPosition(root, path), path, fault));
  }
  return { test: findings.length > 0 ? null : test, findings: inFileOrder(findings) };
}

function durationsOf(test: PlanTestFile): SourcePath[] {
  return test.scenarios.flatMap(({ traffic, expect }, i): SourcePath[] => [
    ...traffic.map((_, j): SourcePath => ['scenarios', i, 'traffic', j, 'for']),
    ...(expect.within === undefined ? [] : [['scenarios', i, 'expect', 'within'] as SourcePath]),
  ]);
}

/** Names that the plan does not know: a test of nothing must not look like a test. */
export function unknownNames(
  scenario: PlanScenario,
  metrics: readonly Metric[],
  checks: readonly string[],
  phases: readonly string[],
): string[] {
  const known = new Set(metrics.map(({ name }) => name));
  const used = scenario.traffic.flatMap(({ stable, candidate }) =>
    [stable, candidate].flatMap((track) => Object.keys(track?.metrics ?? {})),
  );
  return [
    ...[...new Set(used)].filter((name) => !known.has(name)).map((name) => `metric ${name}`),
    ...Object.keys(scenario.checks ?? {})
      .filter((name) => !checks.includes(name))
      .map((name) => `check ${name}`),
    ...(scenario.expect.road ?? [])
      .filter((name) => !phases.includes(name))
      .map((name) => `phase ${name}`),
  ];
}
