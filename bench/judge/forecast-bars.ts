import { forecast } from '../../src/core/judge/forecast/forecast.ts';
import { type Bar, MODE_TEXT } from './bars.ts';
import { HORIZON_MINUTES, type Mode, metricOf, settingsOf } from './judge-run.ts';
import type { CellResult } from './results.ts';
import { minutesText, percent } from './text.ts';

/** So far may `plan check --traffic` be from what was measured. */
const APART_MAX = 0.25;
const RATIOS: Readonly<Record<string, number>> = { '+10 %': 1.1, '+25 %': 1.25, '+100 %': 2 };

/** The forecast of `plan check --traffic` against the cells with the same traffic at all hours. */
export function forecastBars(results: readonly CellResult[]): Bar[] {
  return results
    .filter(({ cell }) => cell.group === 'flat' || cell.group === 'uneven')
    .flatMap((result) => (['off', 'shipped'] as const).map((mode) => forecastBar(result, mode)));
}

function forecastBar({ cell, judges }: CellResult, mode: Mode): Bar {
  const { scenario, name } = cell;
  const own = judges[mode];
  if (own === undefined) throw new Error(`no ${mode} of ${name}`);
  const { stablePerMin, candidatePerMin, orderedPct, base } = scenario;
  const stretch = {
    phase: 'canary',
    weightPct: orderedPct,
    intervals: HORIZON_MINUTES,
    leastIntervals: HORIZON_MINUTES,
  };
  const rule = {
    settings: settingsOf(mode),
    requests: stablePerMin + candidatePerMin,
    stretches: [{ ...stretch, judged: true }],
  };
  const told = forecast(rule, metricOf(mode, 'errors'), { base });
  const what = name.slice(name.indexOf(': ') + 2);
  const ratio = RATIOS[what];
  const expected =
    ratio === undefined
      ? told.promoteIntervals
      : (told.found.find((one) => one.ratio === ratio)?.intervals ?? null);
  const measured = (ratio === undefined ? own.promote : own.rollback).median;
  const apart = expected === null ? Infinity : Math.abs(expected / measured - 1);
  const asked = ratio === undefined ? 'minutes to promote' : `minutes to find ${what}`;
  const isMet = apart <= APART_MAX;
  return {
    name: `\`plan check --traffic\`, ${orderedPct} %, ${asked}, ${MODE_TEXT[mode]}`,
    measured: `${expected === null ? 'never' : minutesText(expected)} told, ${minutesText(measured)} measured`,
    bar: `within ${percent(APART_MAX)}`,
    isMet,
    missedBy: isMet ? '' : `${percent(apart)} apart`,
  };
}
