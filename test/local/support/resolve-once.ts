/** `resolveTemporal` as a process of its own: `resolve-once.ts CACHE_DIR SEARCH_PATH`, without any download. */
import { createStepReporter } from '../../../cli/step-reporter.ts';
import { resolveTemporal } from '../../../local/resolve-temporal.ts';

const [cacheDir = '', searchPath = ''] = process.argv.slice(2);
const { path, source } = await resolveTemporal({
  cliPath: undefined,
  searchPath: searchPath.split(':'),
  cacheDir,
  hasProxy: false,
  downloadHost: 'sluice.invalid',
  report: createStepReporter(),
  interrupted: new AbortController().signal,
});
console.log(`resolved ${path} by ${source}`);
