import { type BenchResult, benchPage } from './page.ts';
import { PEERS } from './peers.ts';

/** The page of docs/benchmarks. */
export function document(run: BenchResult): string {
  return `# The judge beside its peers

Written by \`${run.command} --write\`; every number is from that one run.${
    run.isTrial
      ? ' **A trial on few releases: it shows that the benchmark runs, and nothing else.**'
      : ''
  }

Simulated releases with known truth: 72 hours in intervals of a minute, requests drawn anew each minute
around a load that is half more or less over the day, at its mean and rising at the start. Unless said, 600
requests a minute and track, 1 % errors, one metric with the whole budget of 1 %. The judge is the one that
ships, given one interval after the other. *Guard off*: every event is taken for its own (dispersion 1), any
excess counts (floor 0). *Shipped defaults*: dispersion measured on 24 hours of stable alone before the
first comparison, floor 0.1 points. Both judge the same releases, as do the peers.

*Dispersed*: each instance's own share of errors is multiplied anew each minute by a lognormal factor of
mean 1 and coefficient of variation 0.5, independent or with AR(1) 0.8 in its logarithm; stable's history
has the same. *Latency*: lognormal, median 100 ms, sigma 0.8, p99 643 ms, seen through a histogram of 12
edges (5 ms to 5 s). Minutes count from the onset of the harm; medians have 95 % intervals by order
statistics, shares exact ones (Clopper-Pearson); a bar on a share of 1 % is held against the share and
against its one-sided 95 % bound.

**The peers are simulated by their documented rules**, not run: the rule, its documented number, and what
that number does. *Tuned*: the number is set on the first half of the healthy releases of the main cell so
that at most 1 % of them are rolled back, and told is what it does on the others. Conditions of Argo,
Flagger and the fixed threshold are written by somebody who knows the base exactly.

${Object.entries(PEERS)
  .map(([name, { text, knob, documented }]) => `- ${name}: ${text} (${knob} ${documented})`)
  .join('\n')}

The score of a rule is 0 where the one-sided bound of its false rollbacks is above 1.5 %, else the mean over
the effects of (share detected) x (1 - ln(1 + d) / ln(1 + 4320)), d the mean minutes of those detected.

![False rollbacks by rule, errors](judge-false-rollbacks.svg)

![False rollbacks by rule, latency](judge-false-rollbacks-latency.svg)

![Minutes until the rollback by effect, peers tuned](judge-delays.svg)

![Minutes until the rollback by effect, peers as documented](judge-delays-documented.svg)

${WHY}${benchPage(run)}`;
}

/** Read before the table of bars, whichever of them are missed this time. */
const WHY = `## Why a bar may be missed

- *+10 %, guard off*: half of the evidence goes to the restart term, which finds harm that begins late; without it the
  plain e-process is quicker here and many times slower there. The median lies at the bar, so chance decides.
- *1 % of requests 4x, shipped defaults*: the e-value is a mean over all twelve edges, of which three see such a tail,
  and the measured dispersion is the largest of five block lengths, above 1 by chance alone. With the guard off the
  bar is met.
- *Cost*: the dispersion of five block lengths and the split are part of each update, numbers are the product's own
  \`ln\` and \`exp\` with the same bits on every machine, and each update makes a new state instead of changing one. The
  figure depends on the machine and on what else it does.
- *Wrong promotion* is held against the verdict at a step's end, where the current e-value counts; a plan that says
  \`advance: when-shown\` takes the first minute at which it is shown, which is told beside it.

`;
