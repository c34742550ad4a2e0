import { problem } from '../../src/base/problem.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { KNOB_NAMES, type Knobs, parseKnobs } from './knobs.ts';

type Words = Readonly<Record<string, string | undefined>>;

export interface ChangedKnobs {
  words: Words;
  knobs: Knobs;
}

/** What has happened already, or what others know this process by. */
const FIXED: readonly string[] = ['SAMPLE_VERSION', 'SAMPLE_INSTANCE', 'SAMPLE_SLOW_START'];

/**
 * `words` with those of a JSON object put in their place: a string or a number sets a knob, null
 * brings it to rest. `usage`, and nothing changed, where any of them is not of its form.
 */
export function changedKnobs(words: Words, body: string): Result<ChangedKnobs> {
  let asked: unknown;
  try {
    asked = JSON.parse(body);
  } catch {
    return fail(problem('usage', 'the knobs are not JSON'));
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    return fail(problem('usage', 'the knobs are not a JSON object'));
  }
  const next: Record<string, string | undefined> = { ...words };
  for (const [name, value] of Object.entries(asked)) {
    if (FIXED.includes(name)) {
      return fail(problem('usage', `${name} holds from the start on; it can't be turned`));
    }
    if (!KNOB_NAMES.includes(name)) {
      return fail(problem('usage', `${name} is no knob of this service`));
    }
    if (value === null) delete next[name];
    else if (typeof value === 'string' || typeof value === 'number') next[name] = String(value);
    else return fail(problem('usage', `${name}: expected a string, a number or null`));
  }
  const knobs = parseKnobs(next);
  return knobs.ok ? ok({ words: next, knobs: knobs.value }) : knobs;
}

/** Those of the environment that are this service's own. */
export function sampleWords(words: Words): Words {
  return Object.fromEntries(Object.entries(words).filter(([name]) => name.startsWith('SAMPLE_')));
}
