import type { Plan } from '../../src/core/plan/plan.ts';
import type { PromotionEvent } from '../../src/core/promotion/event.ts';

/** What the test tells the controller under test. */
export type Order =
  | { kind: 'promote'; plan: Plan }
  | { kind: 'turn'; now: number }
  | { kind: 'post'; event: PromotionEvent; now: number };

/** What the controller asks of the world, which lives in the test and outlives it. */
export interface Call {
  kind: 'call';
  id: number;
  port: 'traffic' | 'workload' | 'evidence' | 'hooks' | 'notifier';
  method: string;
  args: readonly unknown[];
}

export type FromController =
  | Call
  /** The engine is open; what it found. */
  | { kind: 'open'; isNew: boolean; promotions: readonly string[] }
  | { kind: 'acknowledged'; bodies: readonly string[] }
  /** The order is carried out and everything is quiet. */
  | { kind: 'quiet'; state: string | null; ended: boolean; problem: string | null }
  | { kind: 'failed'; message: string };

export type ToController = Order | { kind: 'answer'; id: number; value: unknown };
