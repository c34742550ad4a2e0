/** A promotion of seconds: a canary, two steps, adoption. Every effect that there is occurs in it. */
export function shortPlan(command: string): string {
  return `
apiVersion: aurora/v1
kind: Plan
name: short
service: sample
release:
  version: 2.0.0
  candidate: 2.0.0-rc.1
  command: ${JSON.stringify(command)}
interval: 1s
controllerLoss: ${CONTROLLER_LOSS_MS / 1_000}s
decision: none
metrics:
  errors: {kind: rate}
judge:
  dispersion: assumed 1.5
triggers:
  many-errors: errors.rate > 50% for 3s
  candidate-down: down for 4s
gates:
  health:
    title: Service health
    impact: HIGH
    checks:
      errors: errors over 2s <= 20%
phases:
  - kind: canary
    weight: 20
    judged: false
    duration: 1s
    requestsMin: 5
    every: 1s
    failFor: 900ms
    gates: [health]
    deadline: 10m
  - kind: rollout
    steps: [50% for 1s, 100% for 1s]
    every: 1s
    failFor: 1900ms
    gates: [health]
    deadline: 10m
`;
}

export const CONTROLLER_LOSS_MS = 3_000;
