import { present } from '../../base/assert.ts';
import type { JudgeState } from './judge.ts';
import { eValueText, percentText, plainText } from './number-text.ts';
import type { JudgeSettings } from './settings.ts';
import type { Side, Sides } from './sides.ts';
import type { MetricVerdict, Verdict } from './verdict.ts';

type Numbers = Omit<Verdict, 'kind' | 'reason'>;
type Said = Pick<Verdict, 'kind' | 'reason'>;

/** What is decided on these numbers, and why in one sentence with those that decide it. */
export function reasonOf(settings: JudgeSettings, state: JudgeState, numbers: Numbers): Said {
  if (state.crossed !== null) return rollback(state, numbers);
  const blind = cannotTell(settings, numbers);
  if (blind !== null) return { kind: 'inconclusive', reason: blind };
  const waiting = numbers.metrics.filter((one) => one.required && !(one.current && shown(one)));
  return waiting.length === 0 ? promote(numbers) : goOn(numbers, waiting);
}

function shown({ lnEPromote, lnEPromoteThreshold }: MetricVerdict): boolean {
  return lnEPromote !== null && lnEPromote >= lnEPromoteThreshold;
}

function rollback({ crossed }: JudgeState, numbers: Numbers): Said {
  const { seq, lnE, metric, edge, recent } = present(crossed, 'a rollback without a crossing');
  const isValue = numbers.metrics.some((one) => one.metric === metric && one.isValue);
  const sides = `${metric} ${sidesText(recent, edge, isValue)} since it last looked no worse`;
  const needed = eValueText(numbers.lnEThreshold);
  const evidence = `E ${eValueText(lnE)} at interval ${seq}, needed ${needed}`;
  const split = numbers.split.tripped ? '; that the split is off does not excuse it' : '';
  return {
    kind: 'rollback',
    reason: `the candidate is worse than stable: ${sides} (${evidence})${split}`,
  };
}

/** `1.2 % of 6020 against stable's 0.6 % of 6011`, with the edge of a histogram. */
export function sidesText(sides: Sides, edge: number | null, isValue: boolean): string {
  const { stable, candidate } = sides;
  if (stable.total === 0 || candidate.total === 0) return 'not measured';
  const side = ({ events, total }: Side): string =>
    isValue ? plainText(events / total) : `${percentText(events / total)} of ${total}`;
  const where = edge === null ? '' : `beyond ${plainText(edge)}: `;
  return `${where}${side(candidate)} against stable's ${side(stable)}`;
}

/** Why nothing can be told; null when it can. Having no evidence is never a pass. */
function cannotTell(settings: JudgeSettings, numbers: Numbers): string | null {
  const { metrics, split, pairs, aa } = numbers;
  const { dispersion } = settings;
  if (aa !== null && aa.trippedSeq !== null) {
    const evidence = `E ${eValueText(aa.lnE)}, since interval ${aa.trippedSeq}`;
    return `instances of stable differ from one another by more than the dispersion allows (${evidence}), so a difference to the candidate says nothing`;
  }
  const unknown = metrics.find((one) => one.phi === null && (one.required || pairs === 0));
  if (unknown !== undefined && dispersion.kind === 'measured') {
    const { metric, phiIntervals } = unknown;
    if (phiIntervals < dispersion.intervalsMin) {
      const rests = `${phiIntervals} of ${dispersion.intervalsMin} intervals of stable`;
      return `the dispersion of ${metric} rests on ${rests}, and nothing is compared before that`;
    }
  }
  const { warmUpIntervals = 0 } = settings;
  if (pairs === 0 && numbers.elapsedIntervals > 0 && numbers.elapsedIntervals <= warmUpIntervals) {
    return `the tracks warm up: interval ${numbers.elapsedIntervals} of ${warmUpIntervals} that are not compared`;
  }
  if (pairs === 0) return 'no interval has both tracks yet';
  const missing = metrics.find((one) => one.required && one.pairs === 0);
  if (missing !== undefined) {
    const refused = missing.refused > 0 ? ` (${missing.refused} malformed)` : '';
    return `${missing.metric} is required and was never measured on both tracks${refused}`;
  }
  if (split.observedPct === null || split.expectedPct === null) {
    return 'the split was never measured under one weight, so nothing can be promoted';
  }
  if (split.tripped) {
    const by = split.metric === null ? '' : ' counted at the tracks';
    return `the candidate got ${plainText(split.observedPct)} % of ${split.requests} requests${by}, ordered were ${plainText(split.expectedPct)} % (E ${eValueText(split.lnE)}, trips at ${eValueText(split.lnEThreshold)}): the tracks do not get what they should`;
  }
  const unseen = splitUnseen(numbers);
  if (unseen !== null) return unseen;
  if (!metrics.some(({ required }) => required)) {
    return 'no metric is required, so nothing can be shown that would promote';
  }
  return null;
}

/** A split that stopped being measured says nothing of what came after. */
function splitUnseen({ split, pairs }: Numbers): string | null {
  if (2 * split.intervals < pairs) {
    return `the split was measured in ${split.intervals} of the ${pairs} intervals that were compared, so nothing can be promoted`;
  }
  return split.current ? null : 'the split was not measured in the newest interval';
}

function promote(numbers: Numbers): Said {
  const parts = numbers.metrics
    .filter(({ required }) => required)
    .map((one) => `${one.metric} E ${eValueText(one.lnEPromote ?? 0)}`);
  const needed = eValueText(numbers.metrics[0]?.lnEPromoteThreshold ?? 0);
  const text = `the candidate is shown not worse than its margins: ${parts.join(', ')}, needed ${needed} each`;
  return { kind: 'promote', reason: text + horizonText(numbers) };
}

function goOn(numbers: Numbers, waiting: readonly MetricVerdict[]): Said {
  const parts = waiting.map((one) => {
    const stale = one.current ? '' : ' (not in the newest interval)';
    return `${one.metric} E ${eValueText(one.lnEPromote ?? 0)} of ${eValueText(one.lnEPromoteThreshold)}${stale}`;
  });
  const back = `E ${eValueText(numbers.lnE)} of ${eValueText(numbers.lnEThreshold)}`;
  const below =
    numbers.lnE >= numbers.lnEThreshold ? ', but the excess is not above its floor' : '';
  const text = `neither is shown after ${numbers.pairs} intervals: rollback ${back}${below}; promotion ${parts.join(', ')}`;
  return { kind: 'continue', reason: text + horizonText(numbers) };
}

function horizonText({ horizonSpent, horizonIntervals }: Numbers): string {
  if (!horizonSpent) return '';
  return `; the horizon of ${horizonIntervals} intervals is spent, so harm that begins now is found late`;
}
