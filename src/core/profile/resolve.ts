import { assert, present } from '../../base/assert.ts';
import type { MapNode } from '../file/source-node.ts';
import { PROFILE_KEYS, splitKey } from './keys.ts';
import type { Profile } from './profile.ts';

/** The typed profile of a document that parse.ts has found without fault, defaults written out. */
export function resolveProfile(root: MapNode): Profile {
  const number = (path: string): number => {
    const value = valueAt(root, path);
    assert(typeof value === 'number', `${path} was checked to be a number`);
    return value;
  };
  const flag = (path: string): boolean => {
    const value = valueAt(root, path);
    assert(typeof value === 'boolean', `${path} was checked to be true or false`);
    return value;
  };
  const profileName = valueAt(root, 'schema.profile_name');
  assert(typeof profileName === 'string', 'schema.profile_name was checked to be a text');
  return {
    version: 1,
    profileName,
    strictValidation: flag('schema.strict_validation'),
    acceptance: {
      coverageTarget: number('acceptance.coverage_target'),
      minDecisions: number('acceptance.min_decisions'),
    },
    kappaThresholds: {
      tauD: number('kappa_thresholds.tau_d'),
      tauP: number('kappa_thresholds.tau_p'),
    },
    preloop: {
      maxNoopRatio: number('preloop.max_noop_ratio'),
      zeroBudgetTolerance: number('preloop.zero_budget_tolerance'),
      requireTrigger: flag('preloop.require_trigger'),
    },
    monitoring: {
      mainLoopStartedRatioMin: number('monitoring.main_loop_started_ratio_min'),
      skipRatioMax: number('monitoring.skip_ratio_max'),
    },
    profileLock: { enforced: flag('profile_lock.enforced') },
  };
}

function valueAt(root: MapNode, path: string): string | number | boolean | null {
  const [section, name] = splitKey(path);
  const map = root.entries.get(section)?.node;
  const node = map?.kind === 'map' ? map.entries.get(name)?.node : undefined;
  if (node?.kind === 'scalar') return node.value;
  const key = PROFILE_KEYS.find((one) => one.path === path);
  return present(key?.default, `${path} was checked to be there`);
}
