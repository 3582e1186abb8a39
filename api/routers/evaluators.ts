import { z } from 'zod';
import { evaluatorConfigSchema } from '../../schema/contracts/evaluator.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { findEvaluatorVersion } from '../../store/evaluators/find-evaluator-version.ts';
import { listEvaluators } from '../../store/evaluators/list-evaluators.ts';
import { pushEvaluator } from '../operations/evaluators/push-evaluator.ts';
import { procedureFor, router } from '../trpc.ts';

export const evaluatorsRouter = router({
  list: procedureFor('viewer').query(({ ctx }) => listEvaluators(ctx.db, ctx.principal.projectId)),
  get: procedureFor('viewer')
    .input(z.object({ name: nameSchema, version: z.union([z.int().min(1), z.literal('latest')]).default('latest') }))
    .query(async ({ ctx, input }) => {
      const { version, config } = await findEvaluatorVersion(ctx.db, { projectId: ctx.principal.projectId, ...input });
      return { name: input.name, version, config };
    }),
  push: procedureFor('engineer').input(evaluatorConfigSchema).mutation(pushEvaluator),
});
