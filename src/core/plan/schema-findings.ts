import { keyPosition, nodeAt, type SourceNode, type SourcePath } from '../file/source-node.ts';
import { type Fault, type Finding, findingAt, quoteValue } from './finding.ts';
import { meant } from './nearest.ts';
import type { JsonSchema } from './schema/values.ts';
import { PLAN_SCHEMA } from './schema.ts';
import { asSchema, resolved, type SchemaError } from './validate.ts';

/** Missing keys that have a word of their own: what they leave behind is a plan that cannot fail. */
const MISSING_CODES: Readonly<Record<string, string>> = {
  condition: 'check-without-condition',
  evidence: 'check-without-evidence',
  checks: 'gate-without-checks',
  signOffs: 'decision-without-sign-offs',
};

/** The validator's errors in the words of people, with places. Nothing of its own text is left. */
export function schemaFindings(
  file: string,
  root: SourceNode,
  errors: readonly SchemaError[],
): Finding[] {
  return errors.map((error) => {
    const found = translate(error);
    const at = found.onKey ? keyPosition(root, found.path) : nodeAt(root, found.path).at;
    return findingAt(file, at, found.path, found.fault);
  });
}

interface Translated {
  path: SourcePath;
  /** The place is the key's, not the value's. */
  onKey: boolean;
  fault: Fault;
}

function translate(error: SchemaError): Translated {
  const { path, key } = error;
  switch (error.keyword) {
    case 'required':
      return missingKey(error);
    case 'additionalProperties':
      return unknownKey(key, error.schema, path);
    case 'propertyNames':
      return badName(error);
    case 'discriminator':
      return wrongTag(error);
    case 'minItems':
      return { path, onKey: true, fault: tooFew(path) };
    case 'maxItems':
    case 'maxProperties':
      return { path, onKey: true, fault: tooMany(error) };
    case 'uniqueItems': {
      const fault = { code: 'duplicate-entry', message: 'the same entry stands twice' };
      return { path: [...path, Number(key)], onKey: false, fault };
    }
    default:
      return wrongValue(error);
  }
}

function missingKey({ path, key, schema }: SchemaError): Translated {
  const property = asSchema(asSchema(schema.properties)[key]);
  const described = property.description;
  const fault = {
    code: MISSING_CODES[key] ?? 'missing-key',
    message: `expected the key "${key}", found none`,
    hint: `${key}: ${expected(property)}${typeof described === 'string' ? `. ${described}` : ''}`,
  };
  return { path, onKey: true, fault };
}

function unknownKey(key: string, schema: JsonSchema, path: SourcePath): Translated {
  const known = Object.keys(asSchema(schema.properties));
  const fault = {
    code: 'unknown-key',
    message: `unknown key ${quoteValue(key)}`,
    hint: meant(key, known),
  };
  return { path: [...path, key], onKey: true, fault };
}

function wrongTag({ path, key: tag, schema, value: found }: SchemaError): Translated {
  const choices = branches(schema).flatMap((branch) => {
    const value = asSchema(asSchema(branch.properties)[tag]).const;
    return typeof value === 'string' ? [value] : [];
  });
  const value = asSchema(found)[tag];
  const given = value !== undefined;
  const fault = {
    code: given ? 'wrong-value' : 'missing-key',
    message: `expected one of ${choices.join(', ')}, found ${quoteValue(value)}`,
    hint: typeof value === 'string' ? hintFor(value, choices) : null,
  };
  if (!given)
    fault.message = `expected the key "${tag}" (one of ${choices.join(', ')}), found none`;
  return { path: given ? [...path, tag] : path, onKey: !given, fault };
}

function tooFew(path: SourcePath): Fault {
  const what = path.at(-1) === 'phases' ? 'phase' : 'entry';
  return { code: 'empty-list', message: `expected at least one ${what}, found none` };
}

function tooMany({ schema }: SchemaError): Fault {
  const limit = String(schema.maxItems ?? schema.maxProperties);
  return { code: 'too-many', message: `expected at most ${limit} entries, found more` };
}

function badName({ path, schema, key }: SchemaError): Translated {
  const message = `expected ${expected(schema)}, found the key ${quoteValue(key)}`;
  return { path, onKey: true, fault: { code: 'bad-name', message } };
}

function wrongValue(error: SchemaError): Translated {
  const { path, keyword, schema, value } = error;
  const fault: Fault = {
    code: keyword === 'type' ? 'wrong-type' : 'wrong-value',
    message: `expected ${expected(schema)}, found ${quoteValue(value)}`,
    hint: valueHint(error),
  };
  return { path, onKey: false, fault };
}

function valueHint({ keyword, schema, value }: SchemaError): string | null {
  if (Array.isArray(schema.enum) && typeof value === 'string') {
    return hintFor(value, schema.enum.map(String));
  }
  if (keyword !== 'type') return null;
  const { type, title } = schema;
  const wantsText = type === 'string' || (Array.isArray(type) && type.includes('string'));
  if (wantsText && (typeof value === 'number' || typeof value === 'boolean')) {
    return title === asSchema(defs().duration).title
      ? 'a duration carries its unit'
      : 'a text that looks like a number is put in quotes';
  }
  if (type === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?\s*%$/.test(value)) {
    return 'the number alone: the key says its unit';
  }
  return null;
}

function hintFor(value: string, choices: readonly string[]): string | null {
  const hint = meant(value, choices);
  return hint?.startsWith('known') ? null : hint;
}

/** What a piece of schema calls for, in words. */
function expected(given: JsonSchema): string {
  const schema = resolved(defs(), given);
  if (typeof schema.title === 'string') return schema.title;
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return `"${String(schema.const)}"`;
  const words: Readonly<Record<string, string>> = { object: 'a mapping', array: 'a list' };
  return words[String(schema.type)] ?? `a ${String(schema.type)}`;
}

function branches(schema: JsonSchema): JsonSchema[] {
  const list = schema.oneOf;
  return Array.isArray(list) ? list.map((branch) => resolved(defs(), asSchema(branch))) : [];
}

function defs(): JsonSchema {
  return asSchema(PLAN_SCHEMA.$defs);
}
