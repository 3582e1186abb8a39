import { z } from 'zod';
import type { Condition } from './rollout.ts';

/**
 * An agent's live split, as data planes and clients hold it: all that decides who gets what. Without a rollout there is one
 * variant, `control`, with all units.
 */
export interface TrafficSplit {
  agent: string;
  agentId: string;
  /** Grows with every change. */
  revision: number;
  runId: string | null;
  /** null where nothing is drawn. */
  seed: string | null;
  hashVersion: 2;
  unit: 'session' | 'user';
  /** `control` first. Ranges are half-open stretches of [0, 1); together they cover it. */
  variants: { name: string; version: number; range: [number, number] }[];
  /** Position in `variants` of what is served where nothing may be drawn: control, and after a promotion the promoted version. */
  fallback: number;
  /** The candidate also answers this share of units, unseen. */
  shadow: { variant: string; version: number; share: number } | null;
  conditions: Condition[];
  force: Record<string, string>;
  /** When the rollout began (ms since 1970): sessions from before stay on control and are no exposure. */
  startedAtMs: number | null;
  sessions: 'drain' | 'kill';
}

/** A split with what is left of its lease, by the database's clock. */
export interface LeasedSplit extends TrafficSplit {
  /** After this many ms all units get control; null = no lease is needed, since all get control anyway. */
  leaseMs: number | null;
  /** How long it may be used before it is asked for again. */
  maxAgeMs: number;
}

/** What one unit gets, and whether that counts. */
export interface Assignment {
  unit: string;
  variant: string;
  agentVersion: number;
  runId?: string;
  revision: number;
  /** False for forced variants, pinned sessions, units outside the conditions and where nothing is drawn. */
  randomised: boolean;
}

const name = z.string().min(1).max(100);
/** A session or user id. */
export const unitSchema = z
  .string()
  .min(1)
  .max(500)
  .refine((unit) => !unit.includes('\0') && unit.isWellFormed(), 'expected text without NUL and half characters');
export const attributesSchema = z.record(
  z.string().max(100),
  z.union([z.string().max(1_000), z.number(), z.boolean()]),
);

export const assignmentsRequestSchema = z.strictObject({
  agent: name,
  units: z.array(unitSchema).min(1).max(1_000),
  attributes: attributesSchema.optional(),
  /** Record the exposures. @default true */
  record: z.boolean().optional(),
});

export const exposuresRequestSchema = z.strictObject({
  exposures: z
    .array(
      z.strictObject({
        agent: name,
        unit: unitSchema,
        revision: z.int().min(0),
        variant: name,
        /** ISO time or ms since 1970. */
        at: z.union([z.iso.datetime({ offset: true }), z.int().min(0)]),
      }),
    )
    .max(10_000),
  /** Exposures that the sender had to give up: they hold the rollout of their revision. */
  dropped: z
    .array(z.strictObject({ agent: name, revision: z.int().min(0), count: z.int().min(1).max(1_000_000_000) }))
    .max(1_000)
    .optional(),
});

/** One value of one unit. */
export const outcomeSchema = z.strictObject({
  agent: name,
  unit: unitSchema,
  metric: name,
  value: z.union([z.number(), z.boolean()]),
  /** Tells one outcome of a unit from another; the same again is the same outcome. */
  identifier: z.string().min(1).max(200),
  /** A higher one replaces. @default 0 */
  revision: z.int().min(0).max(2_147_483_647).optional(),
  /** When it happened. @default when it arrived; of a higher revision, when the one before happened */
  at: z.union([z.iso.datetime({ offset: true }), z.int().min(0)]).optional(),
});

/** Each outcome is looked at on its own: a bad one is rejected with its index, the others are stored. */
export const outcomesRequestSchema = z.strictObject({ outcomes: z.array(z.unknown()).max(10_000) });

/** Who gets what, as `POST /v1/assignments` answers it. */
export interface AssignmentsAnswer {
  assignments: Omit<Assignment, 'randomised'>[];
}

/** `rejected` names exposures by their place in the request. */
export interface ExposuresAnswer {
  accepted: number;
  duplicates: number;
  rejected: { index: number; reason: string }[];
}

/** `rejected` names outcomes by their place in the request. */
export interface OutcomesAnswer {
  accepted: number;
  duplicates: number;
  rejected: { index: number; reason: string }[];
}

export const feedbackRequestSchema = z
  .strictObject({
    /** `x-sluice-trace` of the answer: tells agent and unit. */
    traceId: z.string().min(1).max(200).optional(),
    unit: unitSchema.optional(),
    /** With `unit`, where a project has several agents. */
    agent: name.optional(),
    /** Of the metric. */
    name,
    score: z.union([z.number(), z.boolean()]).optional(),
    /** Without a score: up, down, positive, negative, true or false. */
    label: z.string().min(1).max(200).optional(),
    comment: z.string().max(10_000).optional(),
    /** Tells one feedback from another: the same again with another score replaces it. */
    identifier: z.string().min(1).max(200),
  })
  .superRefine((feedback, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((feedback.traceId === undefined) === (feedback.unit === undefined)) {
      issue('traceId', 'say what it is about: one of traceId and unit');
    }
    if (feedback.score === undefined && feedback.label === undefined) issue('score', 'give a score or a label');
  });
export type FeedbackRequest = z.infer<typeof feedbackRequestSchema>;

export interface FeedbackAnswer extends OutcomesAnswer {
  /** What it was stored as. */
  value: number;
}
