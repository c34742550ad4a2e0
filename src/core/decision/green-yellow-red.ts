import type { CountedGate, Decision, Mitigation } from './decide.ts';

/** More YELLOW gates than this without a signed note are NO-GO. */
const UNMITIGATED_MAX = 2;

/** All GREEN pass, no RED fails, at most two unmitigated YELLOW: GO. There is nothing in between. */
export function decideColours(
  counted: readonly CountedGate[],
  mitigations: readonly Mitigation[],
): Decision {
  const stops: string[] = [];
  const notes: string[] = [];
  let unmitigated = 0;
  for (const { gate, counts, why } of counted) {
    if (counts === 'pass') continue;
    if (gate.colour === 'YELLOW') {
      const note = mitigations.find((one) => one.gate === gate.name);
      if (note === undefined) unmitigated += 1;
      const answer = note === undefined ? 'unmitigated' : `mitigated by ${note.by}: ${note.reason}`;
      notes.push(`YELLOW gate ${gate.name} (${why}), ${answer}`);
    } else if (counts === 'fail') {
      stops.push(`${gate.colour} gate ${gate.name} fails (${why})`);
    } else if (gate.colour === 'GREEN') {
      stops.push(`GREEN gate ${gate.name} only warns (${why})`);
    } else {
      notes.push(`RED gate ${gate.name} warns (${why})`);
    }
  }
  if (unmitigated > UNMITIGATED_MAX) {
    stops.push(`${unmitigated} YELLOW gates are unmitigated, at most ${UNMITIGATED_MAX} may be`);
  }
  if (stops.length > 0) return { outcome: 'NO-GO', reasons: [...stops, ...notes], conditions: [] };
  return { outcome: 'GO', reasons: notes, conditions: [] };
}
