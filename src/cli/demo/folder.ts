import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyFile, servicesOf } from '../../app.ts';
import { sha256 } from '../../base/digest.ts';
import { ok, type Result } from '../../base/result.ts';
import { packageFile } from '../../process/package-file.ts';
import { DEFAULT_LIMITS, type ServiceDefinition } from '../../protocol/service.ts';
import type { Context } from '../command.ts';
import { startService } from '../service-up.ts';
import { ed25519ToSpki } from '../spki.ts';

export const SERVICE = 'shop';
const FIRST = '1.0.0';

/** What is wrong with each candidate. */
const CANDIDATES: Readonly<Record<string, string>> = {
  '2.0.0-rc.1': '',
  '3.0.0-rc.1': "process.env.SAMPLE_ERROR_RATE = '0.03';",
  '4.0.0-rc.1': "process.env.SAMPLE_LEAK = '15MiB/s';",
  '5.0.0-rc.1': '',
};

/** People of the demonstration's plans, and the roles they sign as. */
export const SIGNERS = [
  { person: 'ruth', role: 'release-manager' },
  { person: 'sam', role: 'sre-lead' },
] as const;

export interface DemoFolder {
  folder: string;
  state: string;
  door: string;
  /** Arguments of a plan for one candidate. */
  argumentsFor(candidate: string): Record<string, string>;
  keyOf(person: string): string;
}

/** A folder with builds, keys, a test report and a service whose stable is 1.0.0. It stays. */
export async function makeDemoFolder(context: Context): Promise<Result<DemoFolder>> {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-demo-'));
  const state = join(folder, '.aurora');
  mkdirSync(join(folder, 'releases'));
  mkdirSync(join(folder, 'reports'));
  copyFileSync(packageFile('dist/processes/sample.js'), join(folder, 'releases', 'sample.js'));
  const digests = new Map<string, string>();
  for (const [version, fault] of Object.entries({ [FIRST]: '', ...CANDIDATES })) {
    digests.set(version, writeRelease(folder, version, fault));
  }
  writeFileSync(join(folder, 'reports', 'tests.json'), '{"passed": 214, "failed": []}\n');
  const keyOf = (person: string): string => join(folder, `${person}.pem`);
  const keys: Record<string, string> = {};
  for (const { person, role } of SIGNERS) {
    const made = await newKeyFile(keyOf(person));
    if (!made.ok) return made;
    const name = role === 'sre-lead' ? 'sreKey' : 'managerKey';
    keys[name] = ed25519ToSpki(made.value.publicKey());
  }
  const services = await servicesOf(state);
  const added = services.add(definition(folder));
  if (!added.ok) return added;
  const started = await startService(context, services, definition(folder));
  if (!started.ok) return started;
  const door = `http://${started.value.door}`;
  const argumentsFor = (candidate: string): Record<string, string> => ({
    candidate,
    version: candidate.replace(/-rc.*/, ''),
    artifactSha256: digests.get(candidate) ?? '',
    report: 'reports/tests.json',
    ...keys,
  });
  return ok({ folder, state, door, argumentsFor, keyOf });
}

/** Each release is a file of its own bytes, so that its digest is its own too. */
function writeRelease(folder: string, version: string, fault: string): string {
  const text = `process.env.SAMPLE_VERSION = '${version}';\n${fault}\nawait import('./sample.js');\n`;
  const path = join(folder, 'releases', `${SERVICE}-${version}.mjs`);
  writeFileSync(path, text);
  return sha256(readFileSync(path));
}

function definition(folder: string): ServiceDefinition {
  return {
    name: SERVICE,
    version: FIRST,
    traffic: {
      mode: 'http',
      host: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      intervalMs: 250,
      sticky: null,
      rules: [],
      mirrorPct: 0,
      limits: DEFAULT_LIMITS,
    },
    workload: {
      command: `'${process.execPath}' releases/${SERVICE}-{version}.mjs`,
      cwd: folder,
      env: {},
      healthPath: '/health',
      healthDeadlineMs: 30_000,
      healthEveryMs: 500,
      stopGraceMs: 5_000,
    },
  };
}
