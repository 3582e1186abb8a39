import type { AgentDependencies } from '../../agents/agent-dependencies.ts';
import { ShotLibrary } from '../../agents/shot-library.ts';
import type { FunctionRegistry } from '../../schema/contracts/call.ts';
import { loadShots } from '../../store/datasets/load-shots.ts';
import type { Store } from '../../store/open-database.ts';
import { type FinishedCall, recordCalls } from '../../store/outcomes/record-calls.ts';
import { planOfRun } from '../../store/rollouts/plan-of-run.ts';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import { openRenewable } from '../data-plane/renewable-database.ts';
import { createCallRecorder, type WaitingCall } from './call-recorder.ts';
import { createGateway, type Gateway } from './create-gateway.ts';
import { createServedVersions } from './served-version.ts';

/** A gateway with what it needs: connections of its own for what it writes, and adapters to agents. */
export function openGateway(options: {
  databaseUrl: string;
  dataPlane: DataPlane;
  dependencies: Pick<AgentDependencies, 'resolveSecret' | 'allowedNetworks' | 'allowExec'>;
  loadFunctions(): Promise<FunctionRegistry>;
}): Gateway {
  const { dataPlane, loadFunctions } = options;
  const database = openRenewable(options.databaseUrl);
  const shots = new ShotLibrary(({ versionId = '', ...rule }) => loadShots(database.db, { ...rule, versionId }));
  const gateway = createGateway({
    dataPlane,
    versions: createServedVersions({ dependencies: { ...options.dependencies, shots }, loadFunctions }),
    calls: createCallRecorder({
      store: async (calls) => {
        try {
          await recordCalls(database.db, await Promise.all(calls.map((waiting) => withContent(database.db, waiting))));
        } catch (error) {
          database.renewAfter(error);
          throw error;
        }
      },
      onLost: (runId, count) => dataPlane.exposures.drop(runId, count),
    }),
  });
  return {
    ...gateway,
    async close() {
      await gateway.close();
      await database.close();
    },
  };
}

/** With what evaluators read of it, where the rollout has any. */
async function withContent(db: Store, { call, content }: WaitingCall): Promise<FinishedCall> {
  if (content === null || call.runId === null) return call;
  const { evaluators } = await planOfRun(db, call.runId);
  return evaluators.length === 0 ? call : { ...call, ...content() };
}
