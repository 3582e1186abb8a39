import { z } from 'zod';
import { diffChanges } from '../../schema/contracts/diff.ts';
import type { evaluatorConfigSchema, evaluatorReferenceSchema } from '../../schema/contracts/evaluator.ts';
import { isRolloutSpec, parseRollout } from '../../schema/contracts/parse-rollout.ts';
import { parseSpec } from '../../schema/contracts/parse-spec.ts';
import type { rolloutSpecSchema } from '../../schema/contracts/rollout.ts';
import { datasetReferenceSchema, type experimentSpecSchema, gitSchema } from '../../schema/contracts/spec.ts';
import { unitSchema } from '../../schema/contracts/traffic.ts';
import { nameSchema, runStatuses } from '../../schema/contracts/words.ts';
import { whyNotStorable } from '../../schema/why-not-storable.ts';
import { listEvents } from '../../store/outcomes/zero-tolerance-events.ts';
import { listRuns } from '../../store/runs/list-runs.ts';
import { answerRequest } from '../operations/approvals/answer-request.ts';
import { previewPlan } from '../operations/plans/preview-plan.ts';
import { confirmEvent } from '../operations/rollouts/confirm-event.ts';
import { previewRollout } from '../operations/rollouts/preview-rollout.ts';
import { startRollout } from '../operations/rollouts/start-rollout.ts';
import { steerRollout } from '../operations/rollouts/steer-rollout.ts';
import { changeRun } from '../operations/runs/change-run.ts';
import { diffRuns } from '../operations/runs/diff-runs.ts';
import { getRun, getSpec } from '../operations/runs/get-run.ts';
import { getScoring } from '../operations/runs/get-scoring.ts';
import { listExamples } from '../operations/runs/list-examples.ts';
import { raiseBudget } from '../operations/runs/raise-budget.ts';
import { requireRun } from '../operations/runs/require-run.ts';
import { rerunRun } from '../operations/runs/rerun-run.ts';
import { retryRun } from '../operations/runs/retry-run.ts';
import { scoreRun } from '../operations/runs/score-run.ts';
import { startRun } from '../operations/runs/start-run.ts';
import { isScoringId, stopScoring } from '../operations/runs/stop-scoring.ts';
import { watchRun } from '../operations/runs/watch-run.ts';
import { procedureFor, router } from '../trpc.ts';

const id = z.object({ id: z.string().min(1).max(100) });
const command = id.extend({ reason: z.string().max(2_000).optional() });
/** Typed here, and read by `parseSpec`: its messages name the place, what was found and the nearest key. */
const specInput = z.custom<z.input<typeof experimentSpecSchema>>().transform((spec) => parseSpec(spec, 'spec'));
/** Kept for ever, so it must be something Postgres can keep. */
const reason = z
  .string()
  .trim()
  .min(1, 'a reason is needed: whoever started the run will read it')
  .max(2_000)
  .refine((text) => whyNotStorable(text) === null, 'it contains characters that cannot be kept');
const answered = id.extend({
  requestId: z.string().min(1).max(100).optional(),
  /** Of what was looked at: when the run has other evidence by now, the answer is refused. */
  evidenceHash: z.string().min(1).max(100).optional(),
});
/** An experiment or a rollout: each is read by its own contract. */
const startInput = z
  .custom<z.input<typeof experimentSpecSchema> | z.input<typeof rolloutSpecSchema>>()
  .transform((spec) => (isRolloutSpec(spec) ? parseRollout(spec, 'spec') : parseSpec(spec, 'spec')));
const rolloutInput = z.custom<z.input<typeof rolloutSpecSchema>>().transform((spec) => parseRollout(spec, 'spec'));
const side = z.object({ run: z.string().min(1).max(100), variant: z.string().max(100).optional() });

export const runsRouter = router({
  start: procedureFor('engineer')
    .input(
      z.object({
        spec: startInput,
        idempotencyKey: z.string().min(1).max(200).optional(),
        limit: z.int().min(1).max(10_000_000).optional(),
      }),
    )
    .mutation(({ ctx, input: { spec, ...input } }) =>
      spec.kind === 'experiment'
        ? startRun({ ctx, input: { ...input, spec } })
        : startRollout({ ctx, input: { ...input, spec } }),
    ),
  /** A rollout leaves its stage now (`advance`), leaves the next one out (`skip`), or gets more time (`extend`). */
  steer: procedureFor('engineer')
    .input(
      id.extend({
        command: z.enum(['advance', 'skip', 'extend']),
        byMs: z.int().min(1_000).max(31_622_400_000).optional(),
        reason,
      }),
    )
    .mutation(steerRollout),
  /** Events of metrics with zero tolerance, the newest first. */
  events: procedureFor('viewer')
    .input(id)
    .query(async ({ ctx, input }) => listEvents(ctx.db, (await requireRun(ctx, input.id)).id)),
  /** A person says whether such an event was one. */
  confirmEvent: procedureFor('viewer')
    .input(id.extend({ unit: unitSchema, metric: nameSchema, confirm: z.boolean(), reason }))
    .mutation(confirmEvent),
  /** What a run of this spec would be; calls each variant up to five times, starts nothing. */
  plan: procedureFor('engineer')
    .input(
      z.object({
        spec: specInput,
        limit: z.int().min(1).max(10_000_000).optional(),
        /** By metric, in its own unit; up is good. */
        effects: z.record(z.string().max(100), z.number()).optional(),
      }),
    )
    .mutation(previewPlan),
  /** What a rollout of this spec would be; calls nothing, starts nothing. */
  planRollout: procedureFor('engineer')
    .input(z.object({ spec: rolloutInput }))
    .mutation(previewRollout),
  get: procedureFor('viewer').input(id).query(getRun),
  spec: procedureFor('viewer').input(id).query(getSpec),
  list: procedureFor('viewer')
    .input(
      z.object({
        name: z.string().max(100).optional(),
        status: z.enum(runStatuses).optional(),
        /** Only runs whose spec has it. */
        tag: z.string().max(100).optional(),
        limit: z.int().min(1).max(1_000).default(50),
      }),
    )
    .query(({ ctx, input }) => listRuns(ctx.db, { projectId: ctx.principal.projectId, ...input })),
  watch: procedureFor('viewer').input(id).subscription(watchRun),
  examples: procedureFor('viewer')
    .input(
      id.extend({
        metric: z.string().max(100),
        candidate: z.string().max(100).optional(),
        change: z.enum(['improved', 'regressed', 'flaky']).optional(),
        limit: z.int().min(1).max(1_000).default(100),
      }),
    )
    .query(listExamples),
  /** Two variants example by example: of one run, or of two runs over the same dataset. */
  diff: procedureFor('viewer')
    .input(
      z.object({
        a: side,
        b: side,
        metric: z.string().max(100).optional(),
        change: z.enum(diffChanges).optional(),
        limit: z.int().min(0).max(1_000).default(100),
      }),
    )
    .query(diffRuns),
  /** More to spend for a run; one that its budget ended goes on. */
  raiseBudget: procedureFor('engineer')
    .input(command.extend({ maxCostUsd: z.number().positive().max(1e9) }))
    .mutation(raiseBudget),
  /** Failed trials of a run that ended, once more. */
  retry: procedureFor('engineer')
    .input(command.extend({ only: z.enum(['failed', 'missing', 'all_failed']).optional() }))
    .mutation(retryRun),
  /** A new run from the spec of another. */
  rerun: procedureFor('engineer')
    .input(
      id.extend({
        dataset: datasetReferenceSchema.optional(),
        variants: z.record(nameSchema, z.string().min(1).max(200)).optional(),
        name: nameSchema.optional(),
        limit: z.int().min(1).max(10_000_000).optional(),
        git: gitSchema.optional(),
        idempotencyKey: z.string().min(1).max(200).optional(),
      }),
    )
    .mutation(rerunRun),
  /** Attaches evaluators to a run that has ended: its answers are scored, and no agent is called. */
  score: procedureFor('engineer')
    .input(
      id.extend({
        /** Read by the operation: its messages name the place and what was found. */
        evaluators: z
          .array(z.custom<z.input<typeof evaluatorConfigSchema> | z.input<typeof evaluatorReferenceSchema>>())
          .min(1)
          .max(50),
        idempotencyKey: z.string().min(1).max(200).optional(),
      }),
    )
    .mutation(scoreRun),
  /** How far a scoring is. */
  scoring: procedureFor('viewer').input(id).query(getScoring),
  pause: procedureFor('engineer')
    .input(command)
    .mutation(({ ctx, input }) => changeRun({ ctx, input: { ...input, command: 'pause' } })),
  resume: procedureFor('engineer')
    .input(command)
    .mutation(({ ctx, input }) => changeRun({ ctx, input: { ...input, command: 'resume' } })),
  /** Of a run, or of a scoring that is attached to one (`scr_…`). */
  abort: procedureFor('engineer')
    .input(command)
    .mutation(({ ctx, input }) =>
      isScoringId(input.id) ? stopScoring({ ctx, input }) : changeRun({ ctx, input: { ...input, command: 'abort' } }),
    ),
  /** For persons with the role approver (DESIGN §8); the operation says why not. */
  approve: procedureFor('viewer')
    .input(
      answered
        .extend({ reason: reason.optional() })
        .refine(({ requestId, evidenceHash }) => requestId !== undefined || evidenceHash !== undefined, {
          path: ['evidenceHash'],
          message: 'say what you sign: the evidenceHash or the requestId that `approvals.get` shows',
        }),
    )
    .mutation(({ ctx, input }) => answerRequest({ ctx, input: { ...input, answer: 'approve' } })),
  reject: procedureFor('viewer')
    .input(answered.extend({ reason }))
    .mutation(({ ctx, input }) => answerRequest({ ctx, input: { ...input, answer: 'reject' } })),
});
