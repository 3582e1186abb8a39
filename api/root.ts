import { agentsRouter } from './routers/agents.ts';
import { annotationsRouter } from './routers/annotations.ts';
import { approvalsRouter } from './routers/approvals.ts';
import { auditRouter } from './routers/audit.ts';
import { datasetsRouter } from './routers/datasets.ts';
import { evaluatorsRouter } from './routers/evaluators.ts';
import { gatesRouter } from './routers/gates.ts';
import { keysRouter } from './routers/keys.ts';
import { runsRouter } from './routers/runs.ts';
import { trafficRouter } from './routers/traffic.ts';
import { webhooksRouter } from './routers/webhooks.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  agents: agentsRouter,
  annotations: annotationsRouter,
  approvals: approvalsRouter,
  audit: auditRouter,
  datasets: datasetsRouter,
  evaluators: evaluatorsRouter,
  gates: gatesRouter,
  keys: keysRouter,
  runs: runsRouter,
  traffic: trafficRouter,
  webhooks: webhooksRouter,
});

export type AppRouter = typeof appRouter;
