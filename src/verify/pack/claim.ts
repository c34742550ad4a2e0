/** One thing that a pack claims, and what became of it when it was looked at. */
export interface Claim {
  claim: string;
  file: string;
  method: string;
  /**
   * recomputed: it follows from the bytes of the pack, and was made again. recorded: it was written
   * down, and nothing here can tell whether it was so.
   */
  basis: 'recomputed' | 'recorded';
  /** null: a recorded claim, which is neither. */
  holds: boolean | null;
  /** What was found, in a line; of damage, the file with its byte or entry. */
  detail: string;
}

export interface PackReport {
  promotion: string;
  release: string;
  outcome: string;
  /** The log's public key that everything rests on. */
  logKey: string;
  /** Whether the caller named that key: else the pack vouches for itself alone. */
  isLogKeyPinned: boolean;
  /** Whether every claim that could be made again was, and holds. */
  verified: boolean;
  claims: readonly Claim[];
}

/** Gathers claims in the order of the look. */
export class Claims {
  readonly list: Claim[] = [];

  get hold(): boolean {
    return this.list.every(({ holds }) => holds !== false);
  }

  recomputed(claim: string, file: string, method: string, found: Found): boolean {
    const holds = found.fault === null;
    const detail = found.fault ?? found.detail;
    this.list.push({ claim, file, method, basis: 'recomputed', holds, detail });
    return holds;
  }

  recorded(claim: string, file: string, method: string, detail: string): void {
    this.list.push({ claim, file, method, basis: 'recorded', holds: null, detail });
  }
}

export interface Found {
  /** What was found wrong; null: it holds. */
  fault: string | null;
  detail: string;
}

/** Several faults in a line: the first ones, and how many more. */
export function faultText(faults: readonly { file: string; message: string }[]): string | null {
  const [first, second] = faults.map(({ file, message }) => `${file}: ${message}`);
  if (first === undefined) return null;
  if (second === undefined) return first;
  const more = faults.length > 2 ? `; and ${faults.length - 2} more` : '';
  return `${first}; ${second}${more}`;
}
