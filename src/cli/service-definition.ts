import { resolve } from 'node:path';
import { DURATION_FORM, parseDuration } from '../base/duration.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import { parse } from '../protocol/parse.ts';
import { DEFAULT_LIMITS, ServiceDefinition, type Traffic } from '../protocol/service.ts';
import type { CommandArgs } from './command.ts';

/** What the words of `service add` say. `usage` names the word that is off. */
export function serviceDefinition(args: CommandArgs): Result<ServiceDefinition> {
  const listen = parseListen(args.text('listen') ?? '');
  if (!listen.ok) return listen;
  const deadline = millis(args, 'health-deadline');
  if (!deadline.ok) return deadline;
  const grace = millis(args, 'grace');
  if (!grace.ok) return grace;
  const interval = millis(args, 'interval');
  if (!interval.ok) return interval;
  const env = parseEnv(args.texts('env'));
  if (!env.ok) return env;
  const sticky = parseSticky(args.text('sticky'));
  if (!sticky.ok) return sticky;
  const rules: Traffic['rules'] = [];
  for (const text of args.texts('rule')) {
    const rule = parseRule(text);
    if (!rule.ok) return rule;
    rules.push(rule.value);
  }
  const definition = {
    name: args.operands[0] ?? '',
    version: args.text('stable') ?? '',
    traffic: {
      mode: args.text('mode'),
      host: listen.value.host,
      port: listen.value.port,
      metricsPort: 0,
      intervalMs: interval.value,
      sticky: sticky.value,
      rules,
      mirrorPct: Number(args.text('mirror')),
      limits: DEFAULT_LIMITS,
    },
    workload: {
      command: args.text('command') ?? '',
      cwd: resolve(args.text('cwd') ?? '.'),
      env: env.value,
      healthPath: args.text('health'),
      healthDeadlineMs: deadline.value,
      healthEveryMs: 1_000,
      stopGraceMs: grace.value,
    },
  };
  const address = parseTrackAddress(definition.workload.command);
  if (address !== null && !address.ok) return address;
  return parse(ServiceDefinition, definition, 'the service');
}

/** `:8080` is loopback: what is to be seen from elsewhere is said in so many words. */
function parseListen(text: string): Result<{ host: string; port: number }> {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535) {
    return wrong('--listen', 'HOST:PORT or :PORT, such as 127.0.0.1:8080', text);
  }
  return ok({ host: host.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port: Number(port) });
}

function millis(args: CommandArgs, name: string): Result<number> {
  const text = args.text(name) ?? '';
  const ms = parseDuration(text);
  return ms === null || ms < 1 ? wrong(`--${name}`, DURATION_FORM, text) : ok(ms);
}

function parseEnv(texts: readonly string[]): Result<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) return wrong('--env', 'NAME=VALUE', text);
    env[text.slice(0, at)] = text.slice(at + 1);
  }
  return ok(env);
}

function parseSticky(text: string | null): Result<Traffic['sticky']> {
  if (text === null) return ok(null);
  const [, by, name] = /^(cookie|header):(.+)$/.exec(text) ?? [];
  if ((by !== 'cookie' && by !== 'header') || name === undefined) {
    return wrong('--sticky', 'cookie:NAME or header:NAME', text);
  }
  return ok({ by, name });
}

function parseRule(text: string): Result<Traffic['rules'][number]> {
  const form = 'TRACK header:NAME=VALUE, TRACK cookie:NAME=VALUE or TRACK path:/PREFIX';
  const [, track, kind, rest = ''] =
    /^(stable|candidate) (header|cookie|path):(.+)$/.exec(text) ?? [];
  if (track !== 'stable' && track !== 'candidate') return wrong('--rule', form, text);
  if (kind === 'path') return ok({ track, pathPrefix: rest });
  const at = rest.indexOf('=');
  if (at < 1) return wrong('--rule', form, text);
  const pair = { name: rest.slice(0, at), value: rest.slice(at + 1) };
  return ok(kind === 'header' ? { track, header: pair } : { track, cookie: pair });
}

function wrong(flag: string, expected: string, found: string): Result<never> {
  return fail(problem('usage', `expected ${expected} as ${flag}, found ${JSON.stringify(found)}`));
}
