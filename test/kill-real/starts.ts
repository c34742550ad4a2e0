import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SAMPLE = join(import.meta.dirname, '../../workloads/sample/main.ts');

/**
 * The sample's command, which first writes its pid and its version down: whatever anybody says
 * later, this is how often a process of a version was started.
 */
export function countedCommand(path: string): string {
  const note = `echo "$$ {version}" >> '${path}'`;
  return `${note}; SAMPLE_VERSION={version} exec '${process.execPath}' '${SAMPLE}'`;
}

export interface Start {
  pid: number;
  version: string;
}

export function startsIn(path: string): Start[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [pid = '', version = ''] = line.split(' ');
    return { pid: Number(pid), version };
  });
}

/** Versions that were started more often than there were kills of one of their processes to explain it. */
export function startFaults(starts: readonly Start[], killed: readonly number[]): string[] {
  const versions = [...new Set(starts.map(({ version }) => version))];
  return versions.flatMap((version) => {
    const pids = starts.filter((one) => one.version === version).map(({ pid }) => pid);
    const kills = pids.filter((pid) => killed.includes(pid)).length;
    if (pids.length <= 1 + kills) return [];
    return [`${version} was started ${pids.length} times, ${kills} of its processes were killed`];
  });
}
