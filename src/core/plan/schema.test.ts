import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../../../tools/generate.ts';
import { PLAN_SCHEMA } from './schema.ts';

const ROOT = join(import.meta.dirname, '../../..');

test.each([...generatedFiles()])('%s is as its source says (else: make generate)', (path, text) => {
  expect(readFileSync(join(ROOT, path), 'utf8') === text).toBe(true);
});

test('describes every key, and lets no unknown one in', () => {
  const faults: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as Record<string, unknown>;
    if (typeof schema.properties === 'object' && schema.properties !== null) {
      if (schema.additionalProperties !== false) faults.push(`${path}: open`);
      for (const [key, property] of Object.entries(schema.properties)) {
        const { description } = property as { description?: unknown };
        if (typeof description !== 'string') faults.push(`${path}.${key}: no description`);
      }
    }
    for (const [key, child] of Object.entries(schema)) look(child, `${path}/${key}`);
  };
  look(PLAN_SCHEMA, '');
  expect(faults).toEqual([]);
});
