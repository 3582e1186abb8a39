import { Migrator } from 'kysely/migration';
import * as initial from '../schema/migrations/0001-initial.ts';
import * as confirmations from '../schema/migrations/0002-confirmations.ts';
import * as planPreviews from '../schema/migrations/0003-plan-previews.ts';
import * as stepsAndJudges from '../schema/migrations/0004-steps-and-judges.ts';
import * as scoring from '../schema/migrations/0005-scoring.ts';
import * as datasetsAndMedia from '../schema/migrations/0006-datasets-and-media.ts';
import * as approvals from '../schema/migrations/0007-approvals.ts';
import * as operations from '../schema/migrations/0008-operations.ts';
import * as annotations from '../schema/migrations/0009-annotations.ts';
import * as rollouts from '../schema/migrations/0010-rollouts.ts';
import * as productionChanges from '../schema/migrations/0011-production-changes.ts';
import * as feedback from '../schema/migrations/0012-feedback.ts';
import * as webhooks from '../schema/migrations/0013-webhooks.ts';
import * as evaluatorAuthors from '../schema/migrations/0014-evaluator-authors.ts';
import { openDatabase } from './open-database.ts';

const migrations = {
  '0001-initial': initial,
  '0002-confirmations': confirmations,
  '0003-plan-previews': planPreviews,
  '0004-steps-and-judges': stepsAndJudges,
  '0005-scoring': scoring,
  '0006-datasets-and-media': datasetsAndMedia,
  '0007-approvals': approvals,
  '0008-operations': operations,
  '0009-annotations': annotations,
  '0010-rollouts': rollouts,
  '0011-production-changes': productionChanges,
  '0012-feedback': feedback,
  '0013-webhooks': webhooks,
  '0014-evaluator-authors': evaluatorAuthors,
};

/** Brings the database to the newest schema. Safe to run twice and by several processes at once. */
export async function migrate(options: {
  databaseUrl: string;
  onStep?: (text: string) => void;
}): Promise<{ applied: string[] }> {
  const { db, close } = openDatabase({ databaseUrl: options.databaseUrl, connections: 2, name: 'sluice-migrate' });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error) throw error;
    const applied = (results ?? []).map((result) => result.migrationName);
    for (const name of applied) options.onStep?.(`applied ${name}`);
    return { applied };
  } finally {
    await close();
  }
}

/** Names of the migrations that the database has not had yet. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const { db, close } = openDatabase({ databaseUrl, connections: 1, name: 'sluice-migrate' });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    return (await migrator.getMigrations()).filter((one) => !one.executedAt).map((one) => one.name);
  } finally {
    await close();
  }
}
