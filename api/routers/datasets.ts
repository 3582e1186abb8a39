import { z } from 'zod';
import { datasetLimits, exampleRowSchema } from '../../schema/contracts/dataset.ts';
import { datasetReferenceSchema, pinLabelSchema } from '../../schema/contracts/spec.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { beginPush } from '../../store/datasets/begin-push.ts';
import { listDatasets } from '../../store/datasets/list-datasets.ts';
import { diffVersions } from '../operations/datasets/diff-versions.ts';
import { finishPush } from '../operations/datasets/finish-push.ts';
import { getVersion } from '../operations/datasets/get-version.ts';
import { pinVersion } from '../operations/datasets/pin-version.ts';
import { pushRows } from '../operations/datasets/push-rows.ts';
import { readRows } from '../operations/datasets/read-rows.ts';
import { procedureFor, router } from '../trpc.ts';

const pushId = z.string().min(1).max(100);
const split = z.string().min(1).max(100);
const pairs = z
  .array(z.tuple([split, split]))
  .max(100)
  .optional();

/** A push is three steps, so that a file of any size is staged in chunks and appears all at once. */
export const datasetsRouter = router({
  list: procedureFor('viewer').query(({ ctx }) => listDatasets(ctx.db, ctx.principal.projectId)),
  get: procedureFor('viewer')
    .input(z.object({ dataset: datasetReferenceSchema }))
    .query(getVersion),
  /** A page of rows after the ordinal `after`; -1 = from the first. */
  readRows: procedureFor('viewer')
    .input(z.object({ dataset: datasetReferenceSchema, after: z.int().min(-1) }))
    .query(readRows),
  diff: procedureFor('viewer')
    .input(
      z.object({
        from: datasetReferenceSchema,
        to: datasetReferenceSchema,
        limit: z.int().min(0).max(1_000).default(20),
      }),
    )
    .query(diffVersions),
  pin: procedureFor('engineer')
    .input(z.object({ dataset: datasetReferenceSchema, label: pinLabelSchema }))
    .mutation(pinVersion),
  beginPush: procedureFor('engineer')
    .input(z.object({ name: nameSchema }))
    .mutation(async ({ ctx, input }) => ({
      pushId: await beginPush(ctx.db, {
        projectId: ctx.principal.projectId,
        name: input.name,
        createdBy: ctx.principal.actor,
      }),
    })),
  pushRows: procedureFor('engineer')
    .input(
      z.object({
        pushId,
        ordinal: z.int().min(0).max(datasetLimits.examples),
        rows: z.array(exampleRowSchema).min(1).max(datasetLimits.rowsPerChunk),
      }),
    )
    .mutation(pushRows),
  finishPush: procedureFor('engineer')
    .input(
      z.object({
        pushId,
        rows: z.int().min(0).max(datasetLimits.examples),
        disjoint: pairs,
        allowOverlap: pairs,
      }),
    )
    .mutation(finishPush),
});
