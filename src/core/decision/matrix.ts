import type { Condition, CountedGate, Decision } from './decide.ts';

/**
 * The decision matrix: a failing CRITICAL or HIGH gate is NO-GO; a failing MEDIUM gate or a warning
 * above LOW is CONDITIONAL where the plan gives the gate a time to pass in, else NO-GO; LOW is noted.
 */
export function decideMatrix(counted: readonly CountedGate[], nowMs: number): Decision {
  const stops: string[] = [];
  const notes: string[] = [];
  const conditions: Condition[] = [];
  for (const { gate, counts, why } of counted) {
    if (counts === 'pass') continue;
    const text = `${gate.impact} gate ${gate.name} ${counts === 'warn' ? 'warns' : 'fails'} (${why})`;
    const isGrave = gate.impact === 'CRITICAL' || gate.impact === 'HIGH';
    if (gate.impact === 'LOW') notes.push(text);
    else if (counts === 'fail' && isGrave) stops.push(text);
    else if (gate.conditionWithinMs > 0) {
      notes.push(text);
      conditions.push({ gate: gate.name, expiresAtMs: nowMs + gate.conditionWithinMs });
    } else stops.push(`${text}, and the plan gives it no time to pass in`);
  }
  if (stops.length > 0) return { outcome: 'NO-GO', reasons: [...stops, ...notes], conditions: [] };
  const outcome = conditions.length > 0 ? 'CONDITIONAL' : 'GO';
  return { outcome, reasons: notes, conditions };
}
