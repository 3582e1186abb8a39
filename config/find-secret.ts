import type { Environment } from './read-config.ts';

/** Variables that Sluice itself lives on: a spec that could name them would send them to any address it likes. */
const reserved = /^(SLUICE_|TEMPORAL_|DATABASE_URL$|PG[A-Z]|NODE_|npm_)/;

/**
 * The value of a secret that a spec names, read where it is used and never stored. `name` is that of an environment
 * variable of the process which calls the agent (worker or gateway); Sluice's own variables are no secrets of agents.
 */
export function findSecret(name: string, env: Environment = process.env): string | undefined {
  return reserved.test(name) ? undefined : env[name] || undefined;
}
