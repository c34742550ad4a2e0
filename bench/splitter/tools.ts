import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

export interface Versions {
  haproxy: string;
  nginx: string;
  wrk: string;
  node: string;
  processor: string;
  cores: number;
}

const PACKAGES = { haproxy: 'haproxy', nginx: 'nginx-light', wrk: 'wrk', taskset: 'util-linux' };
const VERSION_WORDS = { haproxy: ['-v'], nginx: ['-v'], wrk: ['-v'], taskset: ['-V'] };
type Tool = keyof typeof PACKAGES;
const TOOLS = Object.keys(PACKAGES) as Tool[];

/** What is there, installed from Debian where it is missing and we may; else what to do, as text. */
export function readyTools(): Versions | string {
  const [cores, processor] = [cpus().length, cpus()[0]?.model ?? 'unknown'];
  if (cores < 2)
    return 'error: one core for the proxy and one for the rest are needed, here is one';
  let missing = TOOLS.filter((tool) => firstLine(tool) === null);
  const install = ['install', '-y', '--no-install-recommends', ...missing.map((t) => PACKAGES[t])];
  if (missing.length > 0 && process.getuid?.() === 0) {
    process.stderr.write(`apt-get ${install.join(' ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', install, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    missing = missing.filter((tool) => firstLine(tool) === null);
  }
  if (missing.length > 0) {
    return `error: ${missing.join(', ')} missing\nhint: as root, apt-get ${install.join(' ')}`;
  }
  const [haproxy, nginx, wrk] = (['haproxy', 'nginx', 'wrk'] as const).map(
    (tool) => /\d+\.\d+\.\d\S*/.exec(firstLine(tool) ?? '')?.[0] ?? 'unknown',
  );
  return {
    haproxy: haproxy ?? '',
    nginx: nginx ?? '',
    wrk: wrk ?? '',
    node: process.versions.node,
    processor,
    cores,
  };
}

/** null where it can't be run. Debian keeps servers in sbin, which a user's PATH may lack. */
function firstLine(tool: Tool): string | null {
  const { error, stdout, stderr } = spawnSync(tool, VERSION_WORDS[tool], {
    encoding: 'utf8',
    env: toolEnv(),
  });
  return error === undefined ? (`${stdout}${stderr}`.trim().split('\n')[0] ?? '') : null;
}

export function toolEnv(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
}
