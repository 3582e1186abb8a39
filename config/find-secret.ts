import type { Environment } from './read-config.ts';

/**
 * The value of a secret that a spec names, read where it is used and never stored. `name` is that of an environment
 * variable of the process which calls the agent (worker or gateway).
 */
export function findSecret(name: string, env: Environment = process.env): string | undefined {
  return env[name] || undefined;
}
