import { z } from 'zod';
import { datasetLimits, exampleRowSchema } from '../../schema/contracts/dataset.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { beginPush } from '../../store/datasets/begin-push.ts';
import { listDatasets } from '../../store/datasets/list-datasets.ts';
import { finishPush } from '../operations/datasets/finish-push.ts';
import { pushRows } from '../operations/datasets/push-rows.ts';
import { procedureFor, router } from '../trpc.ts';

const pushId = z.string().min(1).max(100);

/** A push is three steps, so that a file of any size is staged in chunks and appears all at once. */
export const datasetsRouter = router({
  list: procedureFor('viewer').query(({ ctx }) => listDatasets(ctx.db, ctx.principal.projectId)),
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
    .input(z.object({ pushId, rows: z.int().min(0).max(datasetLimits.examples) }))
    .mutation(finishPush),
});
