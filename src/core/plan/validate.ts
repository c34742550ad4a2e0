import type { JsonSchema } from './schema/values.ts';

/** A keyword that a value broke; `schema` is the piece of schema that it stands in. */
export interface SchemaError {
  path: readonly (string | number)[];
  keyword: Keyword;
  schema: JsonSchema;
  value: unknown;
  /** The key that is missing, unknown or badly named; the place of the second of two equal entries. */
  key: string;
}

type Keyword =
  | 'type'
  | 'enum'
  | 'const'
  | 'pattern'
  | 'range'
  | 'required'
  | 'additionalProperties'
  | 'propertyNames'
  | 'discriminator'
  | 'minItems'
  | 'maxItems'
  | 'maxProperties'
  | 'uniqueItems';

/**
 * Every error of a value against a schema, by the keywords that schema.ts uses; any other keyword
 * is refused by the test that holds this against ajv. Own code, because ajv takes four times a
 * start of Node to compile this schema, and its compiled form is 200 KB that every start reads.
 */
export function validate(root: JsonSchema, value: unknown): SchemaError[] {
  const errors: SchemaError[] = [];
  check({ defs: asSchema(root.$defs), errors }, root, value, []);
  return errors;
}

interface Validation {
  defs: JsonSchema;
  errors: SchemaError[];
}

type Path = readonly (string | number)[];

function check(run: Validation, given: JsonSchema, value: unknown, path: Path): void {
  const schema = resolved(run.defs, given);
  const fail = (keyword: Keyword, key = ''): void => {
    run.errors.push({ path, keyword, schema, value, key });
  };
  if (!hasType(schema.type, value)) {
    fail('type');
    return;
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) fail('enum');
  if (schema.const !== undefined && schema.const !== value) fail('const');
  if (typeof value === 'string') {
    if (typeof schema.pattern === 'string' && !matches(schema.pattern, value)) fail('pattern');
  } else if (typeof value === 'number') {
    if (!isInRange(schema, value)) fail('range');
  } else if (Array.isArray(value)) {
    checkList(run, schema, value, path, fail);
  } else if (isRecord(value)) {
    checkMap(run, schema, value, path, fail);
  }
  if (schema.if === undefined) return;
  const branch = holds(run.defs, asSchema(schema.if), value) ? schema.then : schema.else;
  if (branch !== undefined) check(run, asSchema(branch), value, path);
}

function checkList(
  run: Validation,
  schema: JsonSchema,
  value: readonly unknown[],
  path: Path,
  fail: (keyword: Keyword, key?: string) => void,
): void {
  if (typeof schema.minItems === 'number' && value.length < schema.minItems) fail('minItems');
  if (typeof schema.maxItems === 'number' && value.length > schema.maxItems) fail('maxItems');
  if (schema.uniqueItems === true) {
    const seen = new Set<unknown>();
    for (const [index, item] of value.entries()) {
      if (seen.has(item)) fail('uniqueItems', String(index));
      seen.add(item);
    }
  }
  if (schema.items === undefined) return;
  const items = asSchema(schema.items);
  for (const [index, item] of value.entries()) check(run, items, item, [...path, index]);
}

function checkMap(
  run: Validation,
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  path: Path,
  fail: (keyword: Keyword, key?: string) => void,
): void {
  const tag = asSchema(schema.discriminator).propertyName;
  if (typeof tag === 'string') {
    const branch = branchOf(run.defs, schema, tag, value[tag]);
    if (branch === null) fail('discriminator', tag);
    else check(run, branch, value, path);
    return;
  }
  for (const key of Array.isArray(schema.required) ? schema.required : []) {
    if (!Object.hasOwn(value, String(key))) fail('required', String(key));
  }
  const keys = Object.keys(value);
  const { maxProperties, propertyNames, additionalProperties: others } = schema;
  if (typeof maxProperties === 'number' && keys.length > maxProperties) fail('maxProperties');
  const properties = asSchema(schema.properties);
  for (const key of keys) {
    const place = [...path, key];
    if (propertyNames !== undefined) checkName(run, asSchema(propertyNames), key, place);
    if (Object.hasOwn(properties, key)) check(run, asSchema(properties[key]), value[key], place);
    else if (others === false) fail('additionalProperties', key);
    else if (others !== undefined) check(run, asSchema(others), value[key], place);
  }
}

function checkName(run: Validation, given: JsonSchema, key: string, path: Path): void {
  const schema = resolved(run.defs, given);
  if (typeof schema.pattern !== 'string' || matches(schema.pattern, key)) return;
  run.errors.push({ path, keyword: 'propertyNames', schema, value: key, key });
}

/** The branch of `oneOf` whose constant the tag carries; null where there is none. */
function branchOf(
  defs: JsonSchema,
  schema: JsonSchema,
  tag: string,
  value: unknown,
): JsonSchema | null {
  const list: readonly unknown[] = Array.isArray(schema.oneOf) ? schema.oneOf : [];
  const branches = list.map((branch) => resolved(defs, asSchema(branch)));
  const found = branches.find(
    (branch) => asSchema(asSchema(branch.properties)[tag]).const === value,
  );
  return value === undefined ? null : (found ?? null);
}

function holds(defs: JsonSchema, schema: JsonSchema, value: unknown): boolean {
  const inner: Validation = { defs, errors: [] };
  check(inner, schema, value, []);
  return inner.errors.length === 0;
}

function hasType(type: unknown, value: unknown): boolean {
  if (type === undefined) return true;
  if (Array.isArray(type)) return type.some((one) => hasType(one, value));
  switch (type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function isInRange({ minimum, maximum, exclusiveMinimum }: JsonSchema, value: number): boolean {
  if (typeof minimum === 'number' && value < minimum) return false;
  if (typeof maximum === 'number' && value > maximum) return false;
  return typeof exclusiveMinimum !== 'number' || value > exclusiveMinimum;
}

const PATTERNS = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let compiled = PATTERNS.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(pattern, 'u');
    PATTERNS.set(pattern, compiled);
  }
  return compiled.test(text);
}

/** The schema behind a reference; what stands beside a reference describes and does not check. */
export function resolved(defs: JsonSchema, schema: JsonSchema): JsonSchema {
  const target = schema.$ref;
  if (typeof target !== 'string') return schema;
  return asSchema(defs[target.replace('#/$defs/', '')]);
}

export function asSchema(value: unknown): JsonSchema {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
