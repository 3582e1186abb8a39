import { z } from 'zod';
import { agentConfigSchema } from '../../schema/contracts/agent.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { findAgentVersion } from '../../store/agents/find-agent-version.ts';
import { listAgents } from '../../store/agents/list-agents.ts';
import { pushAgent } from '../operations/agents/push-agent.ts';
import { rollbackAgent } from '../operations/agents/rollback-agent.ts';
import { setProduction } from '../operations/agents/set-production.ts';
import { procedureFor, router } from '../trpc.ts';

export const agentsRouter = router({
  list: procedureFor('viewer').query(({ ctx }) => listAgents(ctx.db, ctx.principal.projectId)),
  get: procedureFor('viewer')
    .input(
      z.object({
        name: nameSchema,
        version: z.union([z.int().min(1), z.literal('latest'), z.literal('production')]).default('latest'),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { version, config } = await findAgentVersion(ctx.db, { projectId: ctx.principal.projectId, ...input });
      return { name: input.name, version, config };
    }),
  push: procedureFor('engineer')
    .input(z.object({ agent: nameSchema, config: agentConfigSchema }))
    .mutation(pushAgent),
  setProduction: procedureFor('admin')
    .input(z.object({ agent: nameSchema, version: z.int().min(1), reason: z.string().trim().min(1).max(2_000) }))
    .mutation(setProduction),
  /** Back to the version before, at once and without analysis; ends a rollout in progress. */
  rollback: procedureFor('on_call')
    .input(z.object({ agent: nameSchema, reason: z.string().trim().min(1).max(2_000) }))
    .mutation(rollbackAgent),
});
