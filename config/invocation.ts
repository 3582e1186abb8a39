import { basename, delimiter, dirname, relative, resolve } from 'node:path';
import type { Environment } from './read-config.ts';

/**
 * How this process was called, as a user would type it: `sluice`, `npm run -s sluice --`, `npx sluice` or
 * `node bin/sluice.js`. Printed in commands to copy.
 *
 * @param script path of the script that Node runs (`process.argv[1]`)
 */
export function invocation(script: string, env: Environment = process.env): string {
  if (env.npm_command === 'exec') return 'npx sluice';
  if (env.npm_lifecycle_event !== undefined && env.npm_package_name === 'sluice') return 'npm run -s sluice --';
  const folders = (env.PATH ?? '').split(delimiter).map((folder) => resolve(folder));
  if (folders.includes(dirname(resolve(script)))) return basename(script);
  const path = relative(process.cwd(), script);
  return `node ${path.startsWith('..') ? script : path}`;
}

/** The folder that relative files are meant from: npm scripts run elsewhere than where the user typed. */
export function typedIn(env: Environment = process.env): string {
  return (env.npm_package_name === 'sluice' && env.npm_lifecycle_event && env.INIT_CWD) || process.cwd();
}
