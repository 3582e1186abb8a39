import type { Environment } from './read-config.ts';

/** Whether to print stacks of unexpected errors. Apart from `readConfig`, so that a wrong variable cannot hide it. */
export function debugWanted(env: Environment = process.env): boolean {
  return !['', '0', 'false', 'no'].includes(env.SLUICE_DEBUG ?? '');
}
