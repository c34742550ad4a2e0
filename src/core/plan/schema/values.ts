/** A piece of JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Values that recur. `title` is the form that a message calls for ("expected a duration such as
 * 15m"); `description` belongs to the property that uses the value.
 */
export const VALUE_DEFS: JsonSchema = {
  name: {
    type: 'string',
    pattern: '^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$',
    title: 'a name of small letters, digits and dashes',
  },
  line: { type: 'string', pattern: '\\S', title: 'a text' },
  duration: {
    type: 'string',
    pattern: '^(?:\\d+(?:\\.\\d+)?(?:ms|d|h|m|s))+$',
    title: 'a duration such as 90s, 15m, 72h or 1h30m',
  },
  instant: {
    type: 'string',
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?Z$',
    title: 'an instant in UTC such as 2026-12-24T18:00:00Z',
  },
  timeOfDay: {
    type: 'string',
    pattern: '^(?:(?:[01]\\d|2[0-3]):[0-5]\\d|24:00)$',
    title: 'a time of day in UTC such as 17:30, in quotes',
  },
  percent: { type: 'number', minimum: 0, maximum: 100, title: 'a number from 0 to 100' },
  share: { type: 'number', minimum: 0, maximum: 1, title: 'a number from 0 to 1' },
  count: { type: 'integer', minimum: 0, title: 'a whole number from 0 up' },
  severity: { type: 'integer', minimum: 1, maximum: 4, title: 'a severity from 1 (gravest) to 4' },
  sha256: {
    type: 'string',
    pattern: '^[0-9a-f]{64}$',
    title: 'a SHA-256 digest of 64 hexadecimal digits',
  },
  action: { enum: ['rollback', 'hold'] },
  track: { enum: ['stable', 'candidate'] },
  comparison: { enum: ['<', '<=', '>', '>=', '=='] },
  statistic: { enum: ['rate', 'p50', 'p95', 'p99', 'mean', 'max', 'min', 'last', 'count'] },
  flag: { type: 'boolean', title: 'true or false' },
  number: { type: 'number', title: 'a number' },
};

/** More entries than any plan has: what compares them with one another stays quick. */
export const ENTRIES_MAX = 500;

/** A property whose form is one of the values above. */
export function ref(name: string, description: string): JsonSchema {
  return { $ref: `#/$defs/${name}`, description };
}

export function oneOf(description: string, ...values: string[]): JsonSchema {
  return { enum: values, description };
}

export function listOf(name: string, description: string, more: JsonSchema = {}): JsonSchema {
  const items = { $ref: `#/$defs/${name}` };
  return { type: 'array', items, maxItems: ENTRIES_MAX, description, ...more };
}

/** Entries by name. */
export function mapOf(name: string, description: string, more: JsonSchema = {}): JsonSchema {
  return {
    type: 'object',
    propertyNames: { $ref: '#/$defs/name' },
    additionalProperties: { $ref: `#/$defs/${name}` },
    maxProperties: ENTRIES_MAX,
    description,
    ...more,
  };
}

/** A mapping with these keys and no others. */
export function record(
  required: readonly string[],
  properties: JsonSchema,
  more: JsonSchema = {},
): JsonSchema {
  return { type: 'object', required, properties, additionalProperties: false, ...more };
}

/** A short form in one line, read by a grammar of its own, or the mapping it stands for. */
export function shorthandOr(name: string, title: string, description: string): JsonSchema {
  return {
    type: ['string', 'object'],
    if: { type: 'object' },
    // biome's rule against `then` is about promises; this is JSON Schema's keyword.
    ...Object.fromEntries([['then', { $ref: `#/$defs/${name}` }]]),
    title,
    description,
  };
}

/** One of several mappings, told apart by the value of `tag`. */
export function tagged(tag: string, names: readonly string[]): JsonSchema {
  return {
    type: 'object',
    required: [tag],
    discriminator: { propertyName: tag },
    oneOf: names.map((name) => ({ $ref: `#/$defs/${name}` })),
  };
}
