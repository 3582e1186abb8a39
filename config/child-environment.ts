import type { Environment } from './read-config.ts';

/** The environment a child process gets: this process's own, with `overrides` on top (undefined removes a variable). */
export function childEnvironment(overrides: Environment, env: Environment = process.env): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...env, ...overrides })) {
    if (value !== undefined) merged[name] = value;
  }
  return merged;
}
