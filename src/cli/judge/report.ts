import type { Course } from '../../core/judge/course.ts';
import { explain } from '../../core/judge/explain.ts';
import { flipsOf, intervalsToPromote } from '../../core/judge/flip.ts';
import { plainText } from '../../core/judge/number-text.ts';
import type { JudgeSettings, Metric } from '../../core/judge/settings.ts';

/** What a person reads of an offline judgement: the sentence, the table, then what would turn it. */
export function judgeReport(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  course: Course,
): string {
  const lines = [explain(course.verdict), ...ratioLines(course)];
  lines.push(...flipLines(settings, metrics, course));
  return `${lines.filter((line) => line !== null).join('\n')}\n`;
}

function ratioLines({ ratios }: Course): string[] {
  return Object.entries(ratios).map(([metric, { low, high, of, edge }]) => {
    const from = low === null ? 'unbounded below' : plainText(low);
    const to = high === null ? 'unbounded above' : plainText(high);
    const what = of === 'misses' ? ' of misses' : edge === null ? '' : ` beyond ${plainText(edge)}`;
    return `${metric}: ratio${what} between ${from} and ${to} with 95 % at all times together`;
  });
}

function flipLines(settings: JudgeSettings, metrics: readonly Metric[], course: Course): string[] {
  const lines = flipsOf(settings, metrics, course).map(({ metric, seen, needed, to }) => {
    const seq = course.deciding?.interval.seq ?? -1;
    return to === 'rollback'
      ? `${metric}: ${needed} bad ones of the candidate in interval ${seq} instead of ${seen} would have rolled back`
      : `${metric}: at most ${needed} bad ones of the candidate in interval ${seq} instead of ${seen} would not have rolled back there`;
  });
  if (course.verdict.kind !== 'continue') return lines;
  const more = intervalsToPromote(settings, metrics, course.state);
  lines.push(
    more === null
      ? 'promotion does not come nearer on what was seen so far'
      : `about ${more} more intervals like these would promote`,
  );
  return lines;
}
