import { expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import { parsePlan } from '../core/plan/check-plan.ts';
import { drillPlan, drillVersions } from './drill-plan.ts';

test('the plan of a drill is sound, whatever stable is called and however it is started', () => {
  const command = `A="x: y" exec ./run --port \${PORT} # {port}\n`;
  for (const intervalMs of [1, 250, 300, 1_500, 86_400_000]) {
    const shared = { kind: 'rollback', service: 'web', stableVersion: '1.2.3', weightPct: 1 };
    const backup = { command, artifacts: [] };
    const text = drillPlan({ ...shared, load: null, holdMs: 5_000, intervalMs, backup });
    const { plan, findings } = parsePlan('drill.yaml', text, {});
    expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect(plan === null ? -1 : plan.intervalMs % intervalMs).toBe(0);
  }
  for (const stableVersion of ['1.2.3', '1.2.3-rc.4', 'v7', '2026+build', 'x'.repeat(128)]) {
    for (const kind of ['rollback', 'failover', 'halt']) {
      const text = drillPlan({
        ...{ kind, service: 'web', stableVersion, load: null, holdMs: 0, intervalMs: 60_000 },
        weightPct: kind === 'failover' ? 100 : 0.5,
        backup: { command, artifacts: [{ name: 'a b', sha256: sha256('a b') }] },
      });
      const { plan, findings } = parsePlan('drill.yaml', text, {});
      expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
      expect(plan?.release).toMatchObject({ ...drillVersions(stableVersion), command });
    }
  }
});
