import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, type Result } from '../../base/result.ts';
import { parse } from '../../protocol/parse.ts';
import { ServiceDefinition } from '../../protocol/service.ts';

/** What `service add` wrote. `not-found`: there is no such service; `invalid-file`: it is damaged. */
export function readServiceFile(
  servicesFolder: string,
  service: string,
): Result<ServiceDefinition> {
  const path = join(servicesFolder, service, 'service.json');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      const hint = 'auroractl service list';
      return fail(problem('not-found', `there is no service ${service}`, hint));
    }
    return fail(problem('invalid-file', `${path}: ${String(error)}`));
  }
  const definition = parse(ServiceDefinition, value, 'service');
  if (definition.ok) return definition;
  return fail(problem('invalid-file', `${path}: ${definition.problem.message}`));
}
