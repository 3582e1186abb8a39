import { z } from 'zod';
import { auditAnchorSchema } from '../../schema/contracts/audit.ts';
import { listAuditEvents } from '../../store/audit/list-audit-events.ts';
import { verifyAuditChain } from '../../store/audit/verify-audit-chain.ts';
import { procedureFor, router } from '../trpc.ts';

/** Who did what. Only for admins: reasons and names are in it. */
export const auditRouter = router({
  list: procedureFor('admin')
    .input(
      z.object({
        before: z.int().min(1).optional(),
        subject: z.string().max(500).optional(),
        limit: z.int().min(1).max(1_000).default(50),
      }),
    )
    .query(({ ctx, input }) => listAuditEvents(ctx.db, { projectId: ctx.principal.projectId, ...input })),
  /** Computes every hash of the chain again and says where it is not what was written. */
  verify: procedureFor('admin')
    .input(z.object({ expect: auditAnchorSchema.optional() }))
    .query(({ ctx, input }) =>
      verifyAuditChain(ctx.db, {
        projectId: ctx.principal.projectId,
        auditKey: ctx.auditKey,
        expect: input.expect,
      }),
    ),
});
