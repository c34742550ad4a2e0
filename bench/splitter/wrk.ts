import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OTHER_CORE } from './subjects.ts';
import { toolEnv } from './tools.ts';

export interface WrkRun {
  requests: number;
  seconds: number;
  /** Connections that failed, answers that broke, timed out or were not 2xx. */
  errors: number;
}

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const DONE = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"errors":%d}\\n', summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** As many requests as `connections` kept alive can carry, from the core that the proxy does not use. */
export async function runWrk(
  folder: string,
  options: { port: number; seconds: number; connections: number; cookies: readonly string[] },
): Promise<WrkRun> {
  const { port, seconds, connections, cookies } = options;
  const script = join(folder, 'wrk.lua');
  writeFileSync(script, `wrk.headers['traceparent'] = '${TRACEPARENT}'\n${rotate(cookies)}${DONE}`);
  const words = ['-c', String(OTHER_CORE), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`];
  const child = spawn('taskset', [...words, '-s', script, `http://127.0.0.1:${port}/a/path?q=1`], {
    env: toolEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await once(child, 'close');
  const line = said.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk: ${said}`);
  return JSON.parse(line) as WrkRun;
}

/** Each cookie in turn, as clients that come back send theirs; built once, since Lua is not free. */
function rotate(cookies: readonly string[]): string {
  if (cookies.length === 0) return '';
  const list = cookies.map((cookie) => `'${cookie}'`).join(',');
  return `
local cookies, built, at = {${list}}, {}, 0
init = function(args)
  for i, cookie in ipairs(cookies) do
    wrk.headers['cookie'] = cookie
    built[i] = wrk.format()
  end
end
request = function()
  at = at % #built + 1
  return built[at]
end
`;
}
