import { z } from 'zod';
import { webhookEvents } from '../../schema/contracts/webhook.ts';
import { listEndpoints } from '../../store/webhooks/endpoints.ts';
import { createWebhook } from '../operations/webhooks/create-webhook.ts';
import { deleteWebhook } from '../operations/webhooks/delete-webhook.ts';
import { procedureFor, router } from '../trpc.ts';

export const webhooksRouter = router({
  /** Signed POSTs (Standard Webhooks) about approvals and rollouts; the secret is in this answer only. */
  create: procedureFor('admin')
    .input(
      z.object({
        url: z.url({ protocol: /^https?$/ }).max(2_000),
        /** @default all */
        events: z.array(z.enum(webhookEvents)).min(1).optional(),
      }),
    )
    .mutation(createWebhook),
  list: procedureFor('admin').query(({ ctx }) => listEndpoints(ctx.db, ctx.principal.projectId)),
  delete: procedureFor('admin')
    .input(z.object({ id: z.string().min(1).max(100) }))
    .mutation(deleteWebhook),
});
