import { agentsRouter } from './routers/agents.ts';
import { datasetsRouter } from './routers/datasets.ts';
import { gatesRouter } from './routers/gates.ts';
import { keysRouter } from './routers/keys.ts';
import { runsRouter } from './routers/runs.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  agents: agentsRouter,
  datasets: datasetsRouter,
  gates: gatesRouter,
  keys: keysRouter,
  runs: runsRouter,
});

export type AppRouter = typeof appRouter;
