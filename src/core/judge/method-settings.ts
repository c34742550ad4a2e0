import type { KayentaSettings } from './kayenta/settings.ts';
import type { JudgeSettings } from './settings.ts';

/**
 * The settings of the judge's own method, which needs no name, or of Kayenta's, which says so. Apart
 * from methods.ts, so that reading a plan does not load both judges.
 */
export type MethodSettings = JudgeSettings | KayentaSettings;

export function isKayenta(settings: MethodSettings): settings is KayentaSettings {
  return 'method' in settings;
}
