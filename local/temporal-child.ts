import { join } from 'node:path';
import type { ChildSpec } from './child-spec.ts';
import { grpcHealthy } from './grpc-healthy.ts';
import { stopRules } from './stop-rules.ts';

export interface TemporalChildOptions {
  readonly binary: string;
  readonly dataDir: string;
  readonly port: number;
}

/** The embedded Temporal server as a child of the supervisor, its data in `<data-dir>/temporal.db`. */
export function temporalChild({ binary, dataDir, port }: TemporalChildOptions): ChildSpec {
  const listen = ['--headless', '--ip', '127.0.0.1', '--port', String(port)];
  // Twice as fast as the default (rollback journal). A killed server loses nothing; a power cut may cost Temporal its
  // last moments, never its consistency, and what counts as done stands in Postgres.
  const journal = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  const database = ['--db-filename', join(dataDir, 'temporal.db'), ...journal];
  // A profile the user keeps for another cluster is none of the embedded server's business.
  const quiet = ['--log-level', 'warn', '--color', 'never', '--disable-config-file', '--disable-config-env'];
  return {
    name: 'temporal',
    role: 'temporal',
    command: binary,
    args: ['server', 'start-dev', ...listen, ...database, ...quiet],
    cwd: '/',
    env: {},
    port,
    version: '1',
    stop: stopRules.temporal,
    readyTimeoutMs: 60_000,
    isReady: () => grpcHealthy(`127.0.0.1:${port}`),
  };
}
