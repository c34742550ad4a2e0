/** What Kayenta's method is told before the first datum. Frozen in the plan's lock. */
export interface KayentaSettings {
  method: 'kayenta';
  /** Scores of 0 to 100: from `pass` on it promotes, below `marginal` it rolls back. */
  pass: number;
  marginal: number;
  /** It judges after every so many intervals. */
  everyIntervals: number;
  /** Intervals looked back on; null: all of them, up to POINTS_MAX. */
  windowIntervals: number | null;
  /** Of a histogram, one value an interval: this quantile, as a share. */
  quantile: number;
  tolerance: number;
  confidence: number;
}

/** Fewer values than this on a track tell nothing: Kayenta's documentation asks for so many. */
export const POINTS_MIN = 50;
/** More are not kept: three days of minutes. A growing window slides from then on, and says so. */
export const POINTS_MAX = 4_320;

export const KAYENTA_DEFAULTS = {
  pass: 95,
  marginal: 75,
  everyIntervals: 60,
  windowIntervals: null,
  quantile: 0.95,
  tolerance: 0.25,
  confidence: 0.98,
} as const satisfies Omit<KayentaSettings, 'method'>;

/** Everything that makes no sense, one line each; empty when all holds. */
export function kayentaFaults(settings: KayentaSettings): string[] {
  const { pass, marginal, everyIntervals, windowIntervals } = settings;
  const faults: string[] = [];
  const isScore = (value: number): boolean => value >= 0 && value <= 100;
  if (!isScore(pass) || !isScore(marginal)) faults.push('pass and marginal are scores, 0 to 100');
  if (marginal > pass) faults.push(`marginal (${marginal}) is not above pass (${pass})`);
  if (pass === 0) faults.push('pass is above 0: every judgement would promote');
  if (!isCount(everyIntervals)) faults.push('every is a whole number of at least 1');
  if (windowIntervals !== null) {
    if (!isCount(windowIntervals) || windowIntervals < POINTS_MIN || windowIntervals > POINTS_MAX) {
      faults.push(`a sliding window holds ${POINTS_MIN} to ${POINTS_MAX} intervals`);
    }
  }
  for (const name of ['quantile', 'confidence'] as const) {
    const value = settings[name];
    if (!(value > 0 && value < 1)) faults.push(`${name} lies between 0 and 1`);
  }
  if (!(settings.tolerance >= 0 && settings.tolerance <= 1)) {
    faults.push('tolerance lies from 0 to 1');
  }
  return faults;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
