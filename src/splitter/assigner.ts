import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Prng } from '../base/prng.ts';
import type { Traffic } from '../protocol/service.ts';
import type { TrackName } from '../protocol/splitter.ts';
import { Share } from './share.ts';

export type Track = TrackName;

export interface Assignment {
  track: Track;
  /** probe: it came by the probe door, which leads to the candidate alone. */
  by: 'weight' | 'rule' | 'probe';
  /** A Set-Cookie value for a client that has just been given its track. */
  setCookie: string | null;
}

export interface Split {
  candidatePct: number;
  /** Of all requests, and out of stable's share: those that a fresh instance of stable takes. */
  baselinePct: number;
  /** false: there is no candidate, or nobody renewed the order; rules count for nothing then. */
  rulesHold: boolean;
}

/**
 * A client's bucket out of so many: below the candidate's share it belongs to the candidate. So a
 * rising share only ever moves clients to the candidate, and a share of 0 moves all of them back.
 */
const BUCKETS = 10_000;

/** Which track a request goes to: by the first rule that fits, else by its client's bucket, else by weight. */
export class Assigner {
  private readonly traffic: Traffic;
  private readonly random: Prng;
  private readonly shares: Shares;

  constructor(traffic: Traffic, random: Prng) {
    this.traffic = traffic;
    this.random = random;
    this.shares = new Shares(random);
  }

  assign(request: IncomingMessage, split: Split): Assignment {
    const { rules, sticky } = this.traffic;
    if (split.rulesHold && rules.length > 0) {
      const rule = rules.find((one) => fits(one, request));
      if (rule !== undefined) return { track: rule.track, by: 'rule', setCookie: null };
    }
    if (sticky === null) return this.byWeight(split, null);
    const bucket =
      sticky.by === 'cookie'
        ? cookieBucket(request.headers.cookie, sticky.name)
        : headerBucket(request.headers[sticky.name.toLowerCase()]);
    if (bucket === null) return this.byWeight(split, sticky.by === 'cookie' ? sticky.name : null);
    return { track: trackOf(bucket, split), by: 'weight', setCookie: null };
  }

  private byWeight(split: Split, cookie: string | null): Assignment {
    const track = this.shares.next(split);
    if (cookie === null) return { track, by: 'weight', setCookie: null };
    const [from, to] = bucketsOf(track, split);
    const bucket = from + this.random.below(Math.max(1, to - from));
    const setCookie = `${cookie}=${bucket}; Path=/; HttpOnly; SameSite=Lax`;
    return { track, by: 'weight', setCookie };
  }
}

/** Percent of connections where nothing of a request can be read. */
export class ConnectionAssigner {
  private readonly shares: Shares;

  constructor(random: Prng) {
    this.shares = new Shares(random);
  }

  assign(split: Split): Track {
    return this.shares.next(split);
  }
}

/** The candidate's share of all, and the baseline's of what is left to stable. */
class Shares {
  private readonly candidate: Share;
  private readonly baseline: Share;

  constructor(random: Prng) {
    this.candidate = new Share(random);
    this.baseline = new Share(random);
  }

  next({ candidatePct, baselinePct }: Split): Track {
    if (this.candidate.next(candidatePct)) return 'candidate';
    if (baselinePct === 0) return 'stable';
    return this.baseline.next((100 * baselinePct) / (100 - candidatePct)) ? 'baseline' : 'stable';
  }
}

/** The baseline has the highest ones: a candidate whose share rises comes to them last. */
function bucketsOf(track: Track, { candidatePct, baselinePct }: Split): [number, number] {
  const edge = Math.round((candidatePct / 100) * BUCKETS);
  const top = BUCKETS - Math.round((baselinePct / 100) * BUCKETS);
  if (track === 'candidate') return [0, edge];
  return track === 'baseline' ? [top, BUCKETS] : [edge, top];
}

function trackOf(bucket: number, split: Split): Track {
  if (bucket < (split.candidatePct / 100) * BUCKETS) return 'candidate';
  return bucket >= bucketsOf('baseline', split)[0] ? 'baseline' : 'stable';
}

function fits(rule: Traffic['rules'][number], request: IncomingMessage): boolean {
  const { header, cookie, pathPrefix } = rule;
  if (header === undefined && cookie === undefined && pathPrefix === undefined) return false;
  if (header !== undefined && request.headers[header.name.toLowerCase()] !== header.value) {
    return false;
  }
  if (cookie !== undefined && cookieValue(request.headers.cookie, cookie.name) !== cookie.value) {
    return false;
  }
  return pathPrefix === undefined || isUnder(request.url ?? '/', pathPrefix);
}

function isUnder(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  const next = url.charAt(prefix.length);
  return prefix.endsWith('/') || next === '' || next === '/' || next === '?';
}

function cookieValue(cookies: string | undefined, name: string): string | null {
  if (cookies === undefined) return null;
  for (const pair of cookies.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

/** A client may write anything into its cookie; what is no bucket is as good as none. */
function cookieBucket(cookies: string | undefined, name: string): number | null {
  const value = cookieValue(cookies, name);
  if (value === null || !/^\d{1,4}$/.test(value)) return null;
  return Number(value);
}

function headerBucket(value: string | string[] | undefined): number | null {
  if (value === undefined) return null;
  const text = Array.isArray(value) ? value.join(',') : value;
  return createHash('sha256').update(text).digest().readUInt32BE(0) % BUCKETS;
}
