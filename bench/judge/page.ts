import { type Bar, isWrongPromotion, MODE_TEXT, SPLIT_CELL, stepText } from './bars.ts';
import type { Group } from './cell.ts';
import type { Cost, MetricCost } from './cost.ts';
import { type Mode, STEP_ENDS } from './judge-run.ts';
import type { Parity } from './peer-vectors.ts';
import { PEERS, type PeerName } from './peers.ts';
import type { CellResult, JudgeResult, RuleResult } from './results.ts';
import { MILESTONES_MIN, type Share, scoreOf } from './scoring.ts';
import { delayText, minutesText, percent, shareText, table } from './text.ts';

export interface BenchResult {
  command: string;
  /** Few releases, which show that it runs and nothing else. */
  isTrial: boolean;
  seed: number;
  machine: string;
  seconds: number;
  results: readonly CellResult[];
  cost: Cost;
  /** null: the values were not at hand. */
  parity: readonly Parity[] | null;
  bars: readonly Bar[];
}

/** Markdown for the terminal and docs/benchmarks alike; numbers from this run alone. */
export function benchPage(run: BenchResult): string {
  const { machine, seed, seconds, results } = run;
  const of = (group: Group): CellResult[] => results.filter(({ cell }) => cell.group === group);
  return `${[
    `${machine}; run seed ${seed}; ${seconds.toFixed(0)} s.`,
    '',
    ...section('Bars', barRows(run.bars)),
    ...section('Healthy releases rolled back', [
      ...alarmTable([...of('equal'), ...of('dispersed')]),
      ...peerTable([...of('equal'), ...of('dispersed')], 'alarms'),
    ]),
    ...section('Minutes until a worse candidate is rolled back', [
      ...delayTable([...of('worse'), ...of('late'), ...of('uneven'), ...of('flat')]),
      ...peerTable([...of('worse'), ...of('late')], 'delays'),
      ...foundTable(of('worse')),
      ...scoreTable(results, 'equal', 'worse'),
    ]),
    ...section('Latency', [
      ...alarmTable(of('latency').filter(({ cell }) => cell.isHealthy)),
      ...delayTable(of('latency').filter(({ cell }) => !cell.isHealthy)),
      ...peerTable(of('latency'), 'both'),
      ...scoreTable(results, 'latency', 'latency'),
    ]),
    ...section('Promotion', promotionRows(results)),
    ...section('Other harm, and none', otherRows(of('other'))),
    ...section('Against all of stable, and against a fresh baseline', [
      ...alarmTable(of('fresh').filter(({ cell }) => cell.isHealthy)),
      ...delayTable(of('fresh').filter(({ cell }) => !cell.isHealthy)),
    ]),
    ...section('Recorded load', recordedRows(of('recorded'))),
    ...section('Peers against their own values', parityRows(run.parity)),
    ...section('Cost', costRows(run.cost)),
  ].join('\n')}`;
}

function section(title: string, rows: readonly string[]): string[] {
  return [`## ${title}`, '', ...rows];
}

function barRows(bars: readonly Bar[]): string[] {
  if (bars.length === 0) return ['None is held on so few releases.', ''];
  const missed = bars.filter(({ isMet }) => !isMet).length;
  return [
    `${bars.length - missed} of ${bars.length} met.`,
    '',
    ...table(
      ['', 'measured', 'bar', ''],
      bars.map((bar) => [
        bar.name,
        bar.measured,
        bar.bar,
        bar.isMet ? 'met' : `**missed** by ${bar.missedBy}`,
      ]),
    ),
  ];
}

function modesOf({ judges }: CellResult): { mode: Mode; own: JudgeResult }[] {
  return (['off', 'shipped'] as const).flatMap((mode) => {
    const own = judges[mode];
    return own === undefined ? [] : [{ mode, own }];
  });
}

function alarmTable(results: readonly CellResult[]): string[] {
  const rows = results.flatMap((one) =>
    modesOf(one).map(({ mode, own }) => [
      one.cell.name,
      MODE_TEXT[mode],
      shareText(own.rollback.found),
      own.phiMedian?.toFixed(2) ?? '-',
      shareText(own.split.found),
      delayText(own.promote),
    ]),
  );
  const head = ['', '', 'rolled back', 'phi, median', 'split tripped', 'minutes to promote'];
  return table(head, rows);
}

function delayTable(results: readonly CellResult[]): string[] {
  const rows = results.flatMap((one) =>
    modesOf(one).map(({ mode, own }) => [
      one.cell.name,
      MODE_TEXT[mode],
      delayText(own.rollback),
      shareText(own.rollback.found),
      own.early === 0 ? '-' : String(own.early),
      own.excessAtMedian?.toFixed(0) ?? '-',
    ]),
  );
  const head = ['', '', 'minutes', 'rolled back', 'before the onset', 'excess errors by then'];
  return table(head, rows);
}

function peerTable(results: readonly CellResult[], show: 'alarms' | 'delays' | 'both'): string[] {
  const rows = results.flatMap(({ cell, peers }) =>
    (Object.keys(peers) as PeerName[]).flatMap((name) => {
      const own = peers[name];
      if (own === undefined) return [];
      const text = (one: RuleResult): string =>
        show === 'alarms' || cell.isHealthy
          ? shareText(one.rollback.found)
          : `${delayText(one.rollback)}; ${percent(one.rollback.found.count / one.rollback.found.of)}`;
      return [
        [
          cell.name,
          name,
          text(own.documented),
          text(own.tuned),
          `${PEERS[name].knob} ${Number(own.tuned.knob.toFixed(3))}`,
        ],
      ];
    }),
  );
  return table(['', 'peer', 'as documented', 'tuned', ''], rows);
}

/** How many were rolled back after so many minutes, where the peers ran beside. */
function foundTable(results: readonly CellResult[]): string[] {
  const beside = results.filter(({ peers }) => Object.keys(peers).length > 0);
  const rows = beside.flatMap((one) => {
    const row = (name: string, { rollback }: RuleResult): string[] => [
      one.cell.name,
      name,
      ...rollback.foundBy.map(percent),
    ];
    return [
      ...modesOf(one).map(({ mode, own }) => row(`Aurora, ${MODE_TEXT[mode]}`, own)),
      ...(Object.keys(one.peers) as PeerName[]).flatMap((name) => {
        const own = one.peers[name];
        if (own === undefined) return [];
        return [row(name, own.documented), row(`${name}, tuned`, own.tuned)];
      }),
    ];
  });
  const ends = MILESTONES_MIN.map((minutes) => `${minutesText(minutes)} min`);
  return table(['rolled back within', '', ...ends], rows);
}

/** One number a rule: nothing where it alarms too often, else how soon it finds how much. */
function scoreTable(results: readonly CellResult[], healthy: Group, harmed: Group): string[] {
  const equal = results.find(({ cell }) => cell.group === healthy && cell.isHealthy);
  const worse = results.filter(
    ({ cell, peers }) => cell.group === harmed && !cell.isHealthy && Object.keys(peers).length > 0,
  );
  if (equal === undefined || worse.length === 0) return [];
  const mean = (of: (result: CellResult) => RuleResult | undefined): string => {
    const alarms: Share | undefined = of(equal)?.rollback.found;
    if (alarms === undefined) return '-';
    const scores = worse.map((one) => {
      const own = of(one);
      return own === undefined ? 0 : scoreOf(alarms, own.rollback, one.cell.minutes);
    });
    return (scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(3);
  };
  const peers = Object.keys(equal.peers) as PeerName[];
  return table(
    [`score over ${worse.length} effects`, 'as documented', 'tuned'],
    [
      ['Aurora, guard off', mean(({ judges }) => judges.off), '-'],
      ['Aurora, shipped defaults', mean(({ judges }) => judges.shipped), '-'],
      ...peers.map((name) => [
        name,
        mean((one) => one.peers[name]?.documented),
        mean((one) => one.peers[name]?.tuned),
      ]),
    ],
  );
}

function promotionRows(results: readonly CellResult[]): string[] {
  const wrong = results.filter(({ cell }) => isWrongPromotion(cell));
  const ends = STEP_ENDS.map((_, index) => `end of ${stepText(index)}`);
  return [
    ...table(
      ['a true +25 % promoted', '', ...ends, 'at any minute', 'e-value, were there no rollback'],
      wrong.flatMap((one) =>
        modesOf(one).map(({ mode, own }) => [
          one.cell.name,
          MODE_TEXT[mode],
          ...STEP_ENDS.map((_, index) => {
            const found = own.atEnds[index];
            return found === undefined ? '-' : shareText(found);
          }),
          shareText(own.everPromoted),
          shareText(own.shown),
        ]),
      ),
    ),
    ...alarmTable(results.filter(({ cell }) => cell.group === 'promotion' && cell.isHealthy)),
  ];
}

function otherRows(results: readonly CellResult[]): string[] {
  return table(
    ['', '', 'rolled back', 'minutes', 'split tripped, minutes', 'ever promoted'],
    results.flatMap((one) =>
      modesOf(one).map(({ mode, own }) => [
        one.cell.name,
        MODE_TEXT[mode],
        shareText(own.rollback.found),
        delayText(own.rollback),
        one.cell.name === SPLIT_CELL ? delayText(own.split) : shareText(own.split.found),
        shareText(own.everPromoted),
      ]),
    ),
  );
}

function recordedRows(results: readonly CellResult[]): string[] {
  if (results.length === 0) return ['Left out: the recorded loads were not at hand.', ''];
  const intro =
    'Load as recorded at one minute (microsoft/cloud-monitoring-dataset), set to 600 a minute and track ' +
    'on average, split by chance; any stretch of 96 hours without a label and with traffic in at least ' +
    'half of its minutes. Errors are simulated as above.';
  return [
    intro,
    '',
    ...alarmTable(results.filter(({ cell }) => cell.isHealthy)),
    ...delayTable(results.filter(({ cell }) => !cell.isHealthy)),
  ];
}

function parityRows(parity: readonly Parity[] | null): string[] {
  if (parity === null) return ['Left out: the values were not at hand.', ''];
  return table(
    ['', 'values', 'reproduced', 'in the file'],
    parity.map(({ peer, file, held, of, inFile }) => [
      peer,
      file,
      `${held} of ${of}`,
      String(inFile),
    ]),
  );
}

function costRows({ rate, histogram }: Cost): string[] {
  const row = (name: string, { us, p90Us, bytes, wholeBytes }: MetricCost): string[] => [
    name,
    us.toFixed(2),
    p90Us.toFixed(2),
    minutesText(bytes),
    minutesText(wholeBytes),
  ];
  const head = ['', 'us an update, median', 'p90', 'state, bytes', 'with all the judge holds'];
  return table(head, [row('rate', rate), row('histogram, 12 edges', histogram)]);
}
