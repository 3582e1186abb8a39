import type { NativeConnectionOptions } from '@temporalio/worker';
import { ConfigError } from './config-error.ts';
import type { Config, Environment } from './read-config.ts';

/** What a client or a worker needs to reach Temporal. */
export interface TemporalConnection {
  readonly connectionOptions: NativeConnectionOptions;
  readonly namespace: string;
}

/**
 * How to reach Temporal: address, TLS, API key and namespace, from the `TEMPORAL_*` variables and profiles that every
 * Temporal SDK reads (`@temporalio/envconfig`: mTLS, API keys, Temporal Cloud). The embedded server needs the address
 * alone, and is not to be led astray by a profile the user keeps for another cluster.
 *
 * @throws {ConfigError} when no address is given anywhere, or a profile cannot be read
 */
export async function temporalConnection(config: Config, env: Environment = process.env): Promise<TemporalConnection> {
  const ownProfile = Object.keys(env).some((name) => /^TEMPORAL_(PROFILE|CONFIG_FILE|API_KEY|TLS)/.test(name));
  if (config.local && config.temporalAddress?.startsWith('127.0.0.1:') && !ownProfile) {
    return { connectionOptions: { address: config.temporalAddress }, namespace: env.TEMPORAL_NAMESPACE || 'default' };
  }
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const fix =
    'set TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… where needed), or run `sluice up`';
  let loaded: ReturnType<typeof loadClientConnectConfig>;
  try {
    loaded = loadClientConnectConfig();
  } catch (error) {
    throw new ConfigError(`Temporal connection settings cannot be read: ${(error as Error).message}`, fix);
  }
  if (!loaded.connectionOptions.address) {
    throw new ConfigError('Temporal: found no address in the environment or in a profile, expected host:port', fix);
  }
  return { connectionOptions: loaded.connectionOptions, namespace: loaded.namespace || 'default' };
}
