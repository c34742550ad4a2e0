import { expect, test } from 'vitest';
import type { Check, Evidence, EvidenceQuery } from './check.ts';
import { evaluateGate } from './evaluate-gate.ts';
import type { Gate } from './gate.ts';
import { gateReport, gateReportMarkdown } from './gate-report.ts';

const NOW = 1_000_000;

function check(name: string, evidence: EvidenceQuery, parts: Partial<Check> = {}): Check {
  const rule = { kind: 'threshold', op: '<=', limit: 1, warnLimit: 2 } as const;
  const base = {
    name,
    hint: `read about ${name}`,
    maxAgeMs: 60_000,
    samplesMin: 1,
    advisory: false,
  };
  return { ...base, evidence, ...rule, ...parts } as Check;
}

const server = { url: 'http://127.0.0.1:1', bearerFile: null, basicFile: null, deadlineMs: 1_000 };
const queue = {
  source: 'prometheus',
  query: 'queue',
  server,
  form: 'ratio',
  windowMs: 300_000,
  stepMs: 10_000,
} as const;
const file = { source: 'file', path: 'a|b.json', field: 'open' } as const;
const gate: Gate = {
  name: 'g',
  title: 'The gate',
  impact: 'HIGH',
  colour: 'GREEN',
  conditionWithinMs: 0,
  checks: [check('slow', queue), check('open', file), check('shown', file, { advisory: true })],
};

function evidence(name: string, value: number): Evidence {
  const known = { check: name, atMs: NOW, samples: 3, inputSha256: '00', reducer: 'test/1' };
  return { ...known, kind: 'number', value };
}

const result = evaluateGate(gate, [evidence('slow', 1.5), evidence('shown', 9)], NOW);
const report = gateReport([gate], [result]);

test('tells every number with its source and how far it looks back', () => {
  expect(report.outcome).toBe('inconclusive');
  const told = report.gates[0]?.checks.map((one) => [one.check, one.source, one.windowMs]);
  expect(told).toEqual([
    ['slow', 'prometheus: queue', 300_000],
    ['open', 'a|b.json open', null],
    ['shown', 'a|b.json open', null],
  ]);
  const text = gateReportMarkdown([gate], report);
  expect(text).toContain(
    '| slow | ! warn | 1.5 | \\<= 1, warns up to \\<= 2 | 3 | prometheus: queue, over 5m |',
  );
  expect(text).toContain('| open | ? inconclusive | - |');
  expect(text).toContain('a\\|b.json');
});

test('numbers what to do next, each with its hint; what is advisory asks for nothing', () => {
  expect(report.nextSteps).toEqual([
    'g/slow: observed 1.5; read about slow',
    'g/open: there is no evidence; read about open',
  ]);
  expect(gateReportMarkdown([gate], report)).toContain('\n1. g/slow');
});

test('a gate without a result is inconclusive, and so is a report of nothing', () => {
  expect(gateReport([gate], []).outcome).toBe('inconclusive');
  expect(gateReport([gate], []).nextSteps).toEqual(['evaluate gate g']);
  expect(gateReport([], []).outcome).toBe('inconclusive');
});
