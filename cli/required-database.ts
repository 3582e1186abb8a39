import type { Config } from '../config/read-config.ts';
import { SluiceError } from '../schema/errors.ts';

/** The database that a production command needs. @throws {SluiceError} when DATABASE_URL is not set */
export function requiredDatabase(config: Config): string {
  if (config.databaseUrl) return config.databaseUrl;
  throw new SluiceError({
    code: 'invalid_input',
    message: 'DATABASE_URL is not set; this command runs beside a Postgres of yours',
    fix: 'Set DATABASE_URL=postgres://user:password@host:port/database, or use `sluice up` for everything on one machine.',
  });
}
