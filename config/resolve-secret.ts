import { ConfigError } from './config-error.ts';
import type { Environment } from './read-config.ts';

/**
 * The value of a secret that a spec names, read where it is used and never stored. `name` is that of an environment
 * variable of the process which calls the agent (worker or gateway).
 *
 * @throws {ConfigError} when there is no such variable; the message holds the name only
 */
export function resolveSecret(name: string, env: Environment = process.env): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new ConfigError(
      `secret ${name}: not set in the environment of this process`,
      `set the environment variable ${name} before starting \`sluice up\`, or the worker and the API, and start again`,
    );
  }
  return value;
}
