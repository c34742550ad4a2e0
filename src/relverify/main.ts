import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Problem } from '../base/problem.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { check, type Wanted } from './check.ts';
import { type ReadPack, readFile, readPack } from './read-pack.ts';
import { reportText } from './report-text.ts';

const USAGE = `usage: node relverify.mjs PACK.tar.gz [options]

  --log-key KEY         the log's public key (or a file with it), from elsewhere
  --manifest-key KEY    a public ssh key (or a file with it) that must have signed the manifest
  --since CHECKPOINT    an earlier checkpoint of the log: the pack must go on from it
  --also PACK           another pack of the same log: both must tell one history
  -o json               print the report as JSON

exit: 0 verified, 1 not verified, 2 wrong call
`;

interface Call {
  pack: ReadPack;
  wanted: Wanted;
  isJson: boolean;
}

function run(words: readonly string[]): number {
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const call = callOf(words);
  if (!call.ok) {
    process.stderr.write(`error: ${call.problem.message}\n\n${USAGE}`);
    return 2;
  }
  const { pack, wanted, isJson } = call.value;
  const report = check(pack, wanted);
  const json = { apiVersion: 'aurora/v1', kind: 'PackReport', pack: pack.path, ...report };
  process.stdout.write(isJson ? `${JSON.stringify(json, null, 2)}\n` : reportText(report));
  return report.verified ? 0 : 1;
}

function callOf(words: readonly string[]): Result<Call> {
  const parsed = parse(words);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  const [path, ...rest] = positionals;
  if (path === undefined || rest.length > 0) return fail(usage('name one pack'));
  const output = values.output ?? 'text';
  if (output !== 'json' && output !== 'text') return fail(usage(`-o ${output}: json or text`));
  const pack = readPack(path);
  if (!pack.ok) return pack;
  const also = values.also === undefined ? ok(null) : readPack(values.also);
  if (!also.ok) return also;
  const logKey = keyText(values['log-key']);
  const manifestKey = keyText(values['manifest-key']);
  const since = values.since === undefined ? ok(null) : fileText(values.since);
  if (!logKey.ok) return logKey;
  if (!manifestKey.ok) return manifestKey;
  if (!since.ok) return since;
  const own = readFile(fileURLToPath(import.meta.url));
  const wanted: Wanted = {
    logKey: logKey.value,
    manifestKey: manifestKey.value,
    since: since.value,
    also: also.value,
    verifier: own.ok ? own.value : null,
  };
  return ok({ pack: pack.value, wanted, isJson: output === 'json' });
}

const OPTIONS = {
  'log-key': { type: 'string' },
  'manifest-key': { type: 'string' },
  since: { type: 'string' },
  also: { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const;

function parse(words: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true }));
  } catch (error) {
    return fail(usage(error instanceof Error ? error.message : String(error)));
  }
}

/** A key as it is, or the first line of a file. A key has a blank or two plus signs; files rarely do. */
function keyText(given: string | undefined): Result<string | null> {
  if (given === undefined) return ok(null);
  if (/^\S+\+[0-9a-f]{8}\+\S+$/.test(given) || /^(?:ssh|ecdsa|sk)-\S+ \S+/.test(given)) {
    return ok(given.trim());
  }
  const text = fileText(given);
  return text.ok ? ok((text.value.split('\n')[0] ?? '').trim()) : text;
}

function fileText(path: string): Result<string> {
  const bytes = readFile(path);
  return bytes.ok ? ok(new TextDecoder().decode(bytes.value)) : bytes;
}

const usage = (message: string): Problem => problem('usage', message);

process.exitCode = run(process.argv.slice(2));
