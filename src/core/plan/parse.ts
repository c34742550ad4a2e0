import {
  formatPath,
  nodeAt,
  plainValue,
  type SourceNode,
  type SourcePath,
} from '../file/source-node.ts';
import { readYaml } from '../file/yaml-source.ts';
import { substituteArguments } from './arguments.ts';
import { type Finding, findingAt } from './finding.ts';
import type { PlanFile } from './plan-file.ts';
import { PLAN_SCHEMA } from './schema.ts';
import { schemaFindings } from './schema-findings.ts';
import { validate } from './validate.ts';

/** A plan file as it was read: its values have the right form wherever `broken` does not say no. */
export interface ParsedFile {
  root: SourceNode;
  /** Only the sections that are not broken may be read. */
  plan: Partial<PlanFile>;
  /** First parts of the paths with errors. */
  broken: ReadonlySet<string>;
  /** First two parts, such as `gates.health` or `phases[2]`: their neighbours may still be read. */
  brokenEntries: ReadonlySet<string>;
  findings: Finding[];
}

/** Text to values with places. `null` where the text is no document at all; never throws. */
export function parsePlanFile(
  file: string,
  text: string,
  given: Readonly<Record<string, string>>,
): { parsed: ParsedFile | null; findings: Finding[] } {
  const { root: read, faults } = readYaml(text);
  const syntax = faults.map((fault) => findingAt(file, fault.at, fault.path, fault));
  if (read === null) return { parsed: null, findings: syntax };
  const { root, findings, unfilled } = substituteArguments(file, read, given);
  const errors = validate(PLAN_SCHEMA, plainValue(root));
  // What is not there because of a fault already told is not missed again.
  const missing = faults.filter(({ code }) => code === 'bad-alias').map(({ path }) => path);
  const open = new Set([...unfilled, ...missing].map(formatPath));
  const form = schemaFindings(file, root, errors).filter(({ path }) => !open.has(path));
  const all = [...syntax, ...findings, ...form];
  const broken = new Set(all.map(sectionOf).concat(unfilled.map((path) => String(path[0]))));
  const brokenEntries = entriesOf(root, all, unfilled);
  for (const key of REQUIRED) {
    if (root.kind === 'map' && !root.entries.has(key)) broken.add(key);
  }
  if (root.kind !== 'map') return { parsed: null, findings: all };
  // The validator has said which sections have the form that the type states.
  const plan = plainValue(root) as Partial<PlanFile>;
  return { parsed: { root, plan, broken, brokenEntries, findings: all }, findings: all };
}

const REQUIRED = ['name', 'service', 'release', 'phases'];

/** Sections of named entries in which an error is not within an entry have none that can be read. */
function entriesOf(
  root: SourceNode,
  findings: readonly Finding[],
  unfilled: readonly SourcePath[],
): Set<string> {
  const entries = new Set(unfilled.map((path) => formatPath(path.slice(0, 2))));
  for (const { path } of findings) {
    const entry = /^[^.[]+(?:\.[^.[]+|\[\d+\])/.exec(path)?.[0];
    if (entry !== undefined) entries.add(entry);
  }
  for (const section of ['gates', 'triggers', 'phases']) {
    if (!findings.some(({ path }) => path === section)) continue;
    const node = nodeAt(root, [section]);
    const keys = node.kind === 'map' ? [...node.entries.keys()] : [];
    for (const key of keys) entries.add(`${section}.${key}`);
    const count = node.kind === 'list' ? node.items.length : 0;
    for (let i = 0; i < count; i += 1) entries.add(`${section}[${i}]`);
  }
  return entries;
}

function sectionOf(finding: Finding): string {
  return /^[^.[]*/.exec(finding.path)?.[0] ?? '';
}
