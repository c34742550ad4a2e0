import type { Cell, Group } from './cell.ts';
import type { Cost } from './cost.ts';
import { forecastBars } from './forecast-bars.ts';
import { type Mode, STEP_ENDS } from './judge-run.ts';
import type { CellResult, JudgeResult, RuleResult } from './results.ts';
import { FALSE_ALARMS_MAX, type Share } from './scoring.ts';
import { minutesText, percent, shareText } from './text.ts';

/** One promise of the benchmark, with what was measured. */
export interface Bar {
  name: string;
  measured: string;
  bar: string;
  isMet: boolean;
  /** By how much it is missed; empty where it is met. */
  missedBy: string;
}

const FALSE_SHARE_MAX = 0.01;
const DISPERSED_MAX = 0.03;
const WRONG_PROMOTION_MAX = 0.05;
const RATE_US_MAX = 2;
const HISTOGRAM_US_MAX = 30;
const RATE_BYTES_MAX = 1_024;
const HISTOGRAM_BYTES_MAX = 8_192;

/** Median minutes, guard off and shipped; all have to be found. */
const DELAYS: readonly {
  group: Group;
  name: string;
  off: number;
  shipped: number;
}[] = [
  { group: 'worse', name: '600/min, 1 %: +10 %', off: 350, shipped: 600 },
  { group: 'worse', name: '600/min, 1 %: +25 %', off: 80, shipped: 100 },
  { group: 'worse', name: '600/min, 1 %: +100 %', off: 8, shipped: 12 },
  { group: 'late', name: '+100 % after 24 h', off: 15, shipped: 15 },
  { group: 'latency', name: '+10 %', off: 8, shipped: 8 },
  { group: 'latency', name: '1 % of requests 4x', off: 80, shipped: 80 },
];

export function barsOf(results: readonly CellResult[], cost: Cost): Bar[] {
  return [
    ...results.flatMap(falseAlarmBars),
    ...DELAYS.flatMap((one) => delayBars(results, one)),
    ...results.filter(({ cell }) => isWrongPromotion(cell)).flatMap(promotionBars),
    ...results.filter(({ cell }) => cell.name === SPLIT_CELL).flatMap(splitBars),
    ...forecastBars(results),
    costBar('one update, rate metric, us', cost.rate.us, RATE_US_MAX, 2),
    costBar('one update, 12-edge histogram, us', cost.histogram.us, HISTOGRAM_US_MAX, 1),
    costBar('state of a rate metric, bytes', cost.rate.bytes, RATE_BYTES_MAX, 0),
    costBar('state of a 12-edge histogram, bytes', cost.histogram.bytes, HISTOGRAM_BYTES_MAX, 0),
  ];
}

export const MODE_TEXT: Readonly<Record<Mode, string>> = {
  off: 'guard off',
  shipped: 'shipped defaults',
};
export const SPLIT_CELL = 'ordered 50 %, sent 45 %';

export function isWrongPromotion({ group, isFollowed }: Cell): boolean {
  return group === 'promotion' && isFollowed;
}

function modesOf({ judges }: CellResult): [Mode, JudgeResult][] {
  return (Object.entries(judges) as [Mode, JudgeResult][]).filter(([, one]) => one !== undefined);
}

function falseAlarmBars(result: CellResult): Bar[] {
  const { cell } = result;
  const isEqual = cell.group === 'equal' || (cell.group === 'latency' && cell.isHealthy);
  return modesOf(result).flatMap(([mode, { rollback }]) => {
    const { found } = rollback;
    const name = `false rollbacks, ${cell.group} ${cell.name}, ${MODE_TEXT[mode]}`;
    if (isEqual) return [shareBar(name, found, FALSE_SHARE_MAX, FALSE_ALARMS_MAX)];
    if (cell.group === 'dispersed' && mode === 'shipped') {
      return [shareBar(name, found, DISPERSED_MAX, null)];
    }
    return [];
  });
}

/** `upperMax`: what the one-sided 95 % bound may be; null: only the share itself is held. */
function shareBar(name: string, found: Share, max: number, upperMax: number | null): Bar {
  const own = found.count / found.of;
  const over = upperMax !== null && found.upper > upperMax;
  const upper = upperMax === null ? '' : `, 95 % upper bound ${percent(found.upper)}`;
  const missed = [
    own > max ? `${((100 * (own - max)) / 1).toFixed(2)} points` : '',
    over ? `the bound by ${(100 * (found.upper - (upperMax ?? 0))).toFixed(2)} points` : '',
  ].filter((text) => text !== '');
  return {
    name,
    measured: `${shareText(found)}${upper}`,
    bar: `<= ${percent(max)}${upperMax === null ? '' : `, bound <= ${percent(upperMax)}`}`,
    isMet: missed.length === 0,
    missedBy: missed.join(', '),
  };
}

function delayBars(
  results: readonly CellResult[],
  { group, name, off, shipped }: (typeof DELAYS)[number],
): Bar[] {
  const result = results.find(({ cell }) => cell.group === group && cell.name === name);
  if (result === undefined) throw new Error(`no cell ${group} ${name}`);
  const limits = { off, shipped };
  return modesOf(result).map(([mode, one]) =>
    delayBar(`minutes to detect, ${group} ${name}, ${MODE_TEXT[mode]}`, one, limits[mode]),
  );
}

function delayBar(name: string, { rollback, early }: RuleResult, max: number): Bar {
  const { median, found } = rollback;
  const undetected = found.of - early - found.count;
  const missed = [
    median > max ? `${minutesText(median - max)} min` : '',
    undetected > 0 ? `${undetected} not detected` : '',
  ].filter((text) => text !== '');
  return {
    name,
    measured: `${minutesText(median)}, ${found.count} of ${found.of - early} detected`,
    bar: `<= ${max}, all detected`,
    isMet: missed.length === 0,
    missedBy: missed.join(', '),
  };
}

function promotionBars(result: CellResult): Bar[] {
  return modesOf(result).flatMap(([mode, { atEnds, everPromoted }]) => {
    const name = `wrong promotion, ${result.cell.name}, ${MODE_TEXT[mode]}`;
    return [
      ...atEnds.map((one, index) =>
        shareBar(`${name}, step of ${stepText(index)}`, one, WRONG_PROMOTION_MAX, null),
      ),
      shareBar(`${name}, at any minute (\`when-shown\`)`, everPromoted, WRONG_PROMOTION_MAX, null),
    ];
  });
}

export function stepText(index: number): string {
  return `${(STEP_ENDS[index] ?? 0) / 60} h`;
}

function splitBars(result: CellResult): Bar[] {
  return modesOf(result).map(([mode, { split }]) => {
    const { count, of } = split.found;
    return {
      name: `a wrong split trips, ${result.cell.name}, ${MODE_TEXT[mode]}`,
      measured: `${count} of ${of}, median ${minutesText(split.median)} min`,
      bar: 'all',
      isMet: count === of,
      missedBy: count === of ? '' : `${of - count} did not`,
    };
  });
}

function costBar(name: string, value: number, max: number, digits: number): Bar {
  const isMet = value <= max;
  return {
    name,
    measured: value.toFixed(digits),
    bar: `<= ${max}`,
    isMet,
    missedBy: isMet ? '' : `${(value - max).toFixed(digits)} (x ${(value / max).toFixed(2)})`,
  };
}
