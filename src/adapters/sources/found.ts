import { sha256 } from '../../base/digest.ts';
import type { Evidence, EvidenceValue } from '../../core/gate/check.ts';

/** What a source brought back: evidence that does not yet know which check asked. */
export type Found = Pick<Evidence, 'atMs' | 'samples' | 'inputSha256' | 'reducer'> & EvidenceValue;

/** What the sources of checks need to know. */
export interface SourceDeps {
  /** Where relative paths begin and commands run. */
  workFolder: string;
  now(): number;
}

const NO_INPUT = sha256('');

/** It could not be measured. */
export function failed(reducer: string, reason: string, input?: Uint8Array): Found {
  const inputSha256 = input === undefined ? NO_INPUT : sha256(input);
  return { atMs: 0, samples: 0, inputSha256, reducer, kind: 'error', reason };
}

/** The source was asked and has nothing. */
export function nothing(reducer: string, reason: string): Found {
  return { atMs: 0, samples: 0, inputSha256: NO_INPUT, reducer, kind: 'none', reason };
}
