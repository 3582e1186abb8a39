import type { ActivityDependencies } from '../../activities/dependencies.ts';
import { TrialWriter } from '../../activities/lanes/trial-writer.ts';
import { BudgetWatch } from '../../activities/limits/budget-watch.ts';
import { UnreachableStreaks } from '../../activities/limits/unreachable-streaks.ts';
import { MediaLibrary } from '../../activities/media/media-library.ts';
import type { FunctionRegistry } from '../../schema/contracts/call.ts';
import { createAttachmentStore } from '../../store/attachments/create-attachment-store.ts';
import type { OpenDatabase } from '../../store/open-database.ts';
import { createAdapters } from '../../worker/adapters.ts';
import testFunctions from './test-functions.ts';

/** What a worker would hand to its activities, with functions of the test beside those of `test-functions.ts`. */
export function activityDependencies(
  database: Pick<OpenDatabase, 'db' | 'pool'> & { databaseUrl: string },
  options: { functions?: FunctionRegistry; worker?: string } = {},
): ActivityDependencies & { close(): Promise<void> } {
  const { db, pool, databaseUrl } = database;
  const functions: FunctionRegistry = {
    agents: { ...testFunctions.agents, ...options.functions?.agents },
    evaluators: { ...testFunctions.evaluators, ...options.functions?.evaluators },
  };
  return {
    db,
    pool,
    writer: new TrialWriter(pool),
    budgets: new BudgetWatch(db),
    streaks: new UnreachableStreaks(),
    media: new MediaLibrary(createAttachmentStore(db, null), { cacheBytes: 1_000_000 }),
    loadFunctions: async () => functions,
    ...createAdapters({
      db,
      identity: options.worker ?? 'test-worker',
      databaseUrl,
      temporalNamespace: '',
      temporalConnection: {},
      cacheDir: '',
      functionsFile: '',
      allowedNetworks: 'loopback',
      allowExec: true,
      resolveSecret: () => undefined,
      shutdownGraceMs: 0,
    }),
  };
}
