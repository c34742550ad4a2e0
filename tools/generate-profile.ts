import { PROFILE_SCHEMA } from '../src/core/profile/schema.ts';

/** schemas/profile.schema.json, by path from the root: tools/generate.ts writes it. */
export function generatedProfileFiles(): ReadonlyMap<string, string> {
  return new Map([['schemas/profile.schema.json', `${JSON.stringify(PROFILE_SCHEMA, null, 2)}\n`]]);
}
