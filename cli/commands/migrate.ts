import type { Command } from 'commander';
import { requiredDatabase } from '../required-database.ts';

/** `sluice migrate`: brings the database named by DATABASE_URL up to date. */
export function register(program: Command): void {
  program.command('migrate').action(async () => {
    const { readConfig } = await import('../../config/read-config.ts');
    const { migrate } = await import('../../store/migrate.ts');
    const databaseUrl = requiredDatabase(readConfig());
    const { applied } = await migrate({ databaseUrl });
    console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'the database is up to date');
  });
}
