import type { JsonSchema } from '../plan/schema/values.ts';

const TRACK: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'What one track measures in each interval.',
  properties: {
    up: { type: 'boolean', description: 'false: known to be down.' },
    metrics: {
      type: 'object',
      description: "A rate's share, a value, or a histogram's share of requests by latency.",
      additionalProperties: {
        anyOf: [
          { type: 'number' },
          { type: 'object', additionalProperties: { type: 'number', minimum: 0, maximum: 1 } },
        ],
      },
    },
  },
};

const STRETCH: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['for', 'requests'],
  description: 'A stretch of time with the same traffic.',
  properties: {
    for: { type: 'string', description: 'How long, such as 10m; the last stretch goes on.' },
    requests: { type: 'number', minimum: 0, description: 'Requests an interval over both tracks.' },
    stable: TRACK,
    candidate: TRACK,
  },
};

const EXPECT: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['outcome'],
  description: 'What the plan must make of it.',
  properties: {
    outcome: {
      type: 'string',
      enum: ['ga', 'promoted', 'rolled-back', 'withdrawn', 'none'],
      description: 'How it ends; none: it still waits when the time of the scenario is over.',
    },
    cause: {
      type: 'string',
      description: 'What turned it back, such as verdict, trigger or gate.',
    },
    road: { type: 'array', items: { type: 'string' }, description: 'Phases entered, in order.' },
    within: { type: 'string', description: 'It must have ended within this time.' },
  },
};

const SCENARIO: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'traffic', 'expect'],
  description: 'Evidence, and what must follow from it.',
  properties: {
    name: { type: 'string', description: 'What the scenario shows.' },
    checks: {
      type: 'object',
      description: 'What sources answer, by check: a number, none or error.',
      additionalProperties: {
        anyOf: [{ type: 'number' }, { type: 'string', enum: ['none', 'error'] }],
      },
    },
    traffic: { type: 'array', minItems: 1, items: STRETCH, description: 'Stretch by stretch.' },
    signOffs: {
      type: 'string',
      enum: ['given', 'withheld', 'rejected'],
      description: 'Whether people sign what they are asked.',
    },
    expect: EXPECT,
  },
};

/** JSON Schema of a file of plan tests. */
export const PLAN_TEST_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Aurora plan tests',
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind', 'plan', 'scenarios'],
  properties: {
    apiVersion: { type: 'string', enum: ['aurora/v1'], description: 'Version of this format.' },
    kind: { type: 'string', enum: ['PlanTest'], description: 'What this file is.' },
    plan: { type: 'string', description: 'The plan, as a path from this file.' },
    arguments: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: "The plan's arguments.",
    },
    scenarios: { type: 'array', minItems: 1, items: SCENARIO, description: 'One test each.' },
  },
};
