import { z } from 'zod';
import { gatePolicySchema } from '../../schema/contracts/gate.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { findGateVersion } from '../../store/gates/find-gate-version.ts';
import { pushGateVersion } from '../../store/gates/push-gate-version.ts';
import { backtestPolicy } from '../operations/gates/backtest-policy.ts';
import { procedureFor, router } from '../trpc.ts';

export const gatesRouter = router({
  get: procedureFor('viewer')
    .input(z.object({ name: nameSchema, version: z.int().min(1).nullable().default(null) }))
    .query(({ ctx, input }) => findGateVersion(ctx.db, { projectId: ctx.principal.projectId, ...input })),
  /** What a policy would have said of past runs. */
  backtest: procedureFor('viewer')
    .input(
      z.object({
        policy: gatePolicySchema,
        name: z.string().max(100).optional(),
        runs: z.int().min(1).max(200).default(20),
      }),
    )
    .query(backtestPolicy),
  push: procedureFor('engineer')
    .input(z.object({ name: nameSchema, policy: gatePolicySchema }))
    .mutation(({ ctx, input }) =>
      ctx.db
        .transaction()
        .execute((trx) =>
          pushGateVersion(trx, { projectId: ctx.principal.projectId, createdBy: ctx.principal.actor, ...input }),
        ),
    ),
});
