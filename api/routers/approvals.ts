import { z } from 'zod';
import { getApproval } from '../operations/approvals/get-approval.ts';
import { listApprovals } from '../operations/approvals/list-approvals.ts';
import { procedureFor, router } from '../trpc.ts';

/** Reading is for everybody; answering is `runs.approve` and `runs.reject`. */
export const approvalsRouter = router({
  list: procedureFor('viewer')
    .input(z.object({ mine: z.boolean().default(false), limit: z.int().min(1).max(500).default(100) }))
    .query(listApprovals),
  /** The evidence an approver looks at, by the run's id; of its newest request unless one is named. */
  get: procedureFor('viewer')
    .input(z.object({ id: z.string().min(1).max(100), requestId: z.string().max(100).optional() }))
    .query(getApproval),
});
