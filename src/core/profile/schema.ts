import { COUNT_MAX, NAME_PATTERN, PROFILE_KEYS, type ProfileKey, splitKey } from './keys.ts';

/** The JSON Schema of profile files, for editors; the parser is made from the same table of keys. */
export const PROFILE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Aurora profile',
  description: "A workload's configuration that is released with it.",
  type: 'object',
  additionalProperties: false,
  required: requiredOf([...sections()].filter(([, keys]) => !keys.every(isOptional))),
  properties: Object.fromEntries([...sections()].map(([name, keys]) => [name, sectionOf(keys)])),
};

function sections(): Map<string, ProfileKey[]> {
  return Map.groupBy(PROFILE_KEYS, ({ path }) => splitKey(path)[0]);
}

function isOptional(key: ProfileKey): boolean {
  return key.default !== undefined;
}

function requiredOf(entries: readonly (readonly [string, unknown])[]): string[] {
  return entries.map(([name]) => name);
}

function sectionOf(keys: readonly ProfileKey[]): object {
  const named = keys.map((key) => [splitKey(key.path)[1], key] as const);
  return {
    type: 'object',
    additionalProperties: false,
    required: requiredOf(named.filter(([, key]) => !isOptional(key))),
    properties: Object.fromEntries(named.map(([name, key]) => [name, valueSchema(key)])),
  };
}

function valueSchema(key: ProfileKey): object {
  const description = key.summary;
  switch (key.type) {
    case 'ratio':
      return { description, type: 'number', minimum: 0, maximum: 1 };
    case 'count':
      return { description, type: 'integer', minimum: 0, maximum: COUNT_MAX };
    case 'boolean':
      return key.default === undefined
        ? { description, type: 'boolean' }
        : { description, type: 'boolean', default: key.default };
    case 'name':
      return { description, type: 'string', pattern: NAME_PATTERN };
    case 'version':
      return { description, const: 1 };
  }
}
