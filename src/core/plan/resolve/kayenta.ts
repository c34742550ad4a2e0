import { KAYENTA_DEFAULTS, type KayentaSettings } from '../../judge/kayenta/settings.ts';
import type { KayentaFile } from '../plan-file.ts';

/** Every default of Kayenta's method written out. What makes no sense is told by the lint. */
export function resolveKayenta({ baseline: _, ...file }: KayentaFile): KayentaSettings {
  const { window = 'growing', every = KAYENTA_DEFAULTS.everyIntervals, ...given } = file;
  const windowIntervals = window === 'growing' ? null : Number(window.replace('sliding ', ''));
  return { ...KAYENTA_DEFAULTS, ...given, everyIntervals: every, windowIntervals };
}

/** The same settings as a plan file says them. */
export function kayentaFile(settings: KayentaSettings): KayentaFile {
  const { everyIntervals, windowIntervals, ...rest } = settings;
  const window = windowIntervals === null ? 'growing' : `sliding ${windowIntervals}`;
  return { ...rest, every: everyIntervals, window };
}
