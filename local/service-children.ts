import type { ChildRole, ChildSpec } from './child-spec.ts';
import { httpOk } from './http-ok.ts';
import type { Engines } from './start-stack.ts';
import { stopRules } from './stop-rules.ts';

export interface ServiceChildrenOptions {
  readonly engines: Engines;
  readonly dataDir: string;
  /** Number of worker processes. */
  readonly workers: number;
  /** What starts Sluice: node, and the script that takes `api` or `worker`. */
  readonly launcher: { readonly command: string; readonly script: string };
  /** Of the code they run. */
  readonly version: string;
}

/**
 * A worker's garbage is short-lived: a small nursery and few malloc arenas keep its memory flat from 1,000 to 20,000
 * trials (1.1 times instead of 1.3) at the same speed.
 */
const frugalNode = ['--max-semi-space-size=4'];

/** The API and the workers, as processes of their own. */
export function serviceChildren(options: ServiceChildrenOptions): ChildSpec[] {
  const { engines, dataDir, workers, launcher, version } = options;
  // For the embedded server nothing but its address counts; for the user's own, the user's TLS and keys do.
  const foreign = engines.embeddedTemporal
    ? {
        TEMPORAL_API_KEY: undefined,
        TEMPORAL_PROFILE: undefined,
        TEMPORAL_CONFIG_FILE: undefined,
        TEMPORAL_TLS: undefined,
      }
    : {};
  const env = {
    ...foreign,
    DATABASE_URL: engines.databaseUrl,
    TEMPORAL_ADDRESS: engines.temporalAddress,
    SLUICE_PORT: String(engines.port),
    SLUICE_DATA_DIR: dataDir,
    SLUICE_LOCAL: '1',
  };
  const service = (role: Extract<ChildRole, 'api' | 'worker'>, name: string): ChildSpec => ({
    name,
    role,
    command: launcher.command,
    args: [...(role === 'worker' ? frugalNode : []), launcher.script, role],
    // Whoever can forge audit rows has the key: it is not where commands of agents are started.
    env: role === 'worker' ? { ...env, MALLOC_ARENA_MAX: '2', SLUICE_AUDIT_KEY: undefined } : env,
    port: role === 'api' ? engines.port : null,
    version,
    stop: stopRules[role],
    readyTimeoutMs: 60_000,
    // The API is ready when the database is migrated, Temporal answers and a worker polls: so it speaks for both.
    isReady: () => httpOk(`${engines.url}/readyz`),
    isHealthy: role === 'api' ? () => httpOk(`${engines.url}/healthz`) : async () => true,
  });
  return [
    service('api', 'api'),
    ...Array.from({ length: workers }, (_, index) => service('worker', `worker-${index + 1}`)),
  ];
}
