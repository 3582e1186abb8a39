import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const workflowsFolder = fileURLToPath(new URL('../workflows/', import.meta.url));
/** `.ts` in a checkout, `.js` in the published package. */
const extension = extname(import.meta.url);

/**
 * The compiled workflow bundle, made once per content of `workflows/` and SDK version, and then read from the cache: a
 * worker that starts again must not spend two seconds on it.
 * @returns Path of the bundle.
 */
export async function workflowBundleFile(cacheDir: string): Promise<string> {
  const file = join(cacheDir, 'workflow-bundles', `${await contentHash()}.js`);
  if (await stat(file).catch(() => null)) return file;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(workflowsFolder, `index${extension}`),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(join(file, '..'), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, code);
  await rename(draft, file);
  return file;
}

async function contentHash(): Promise<string> {
  const hash = createHash('sha256');
  const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  hash.update(sdk.version);
  for (const name of (await readdir(workflowsFolder)).sort()) {
    hash.update(name).update(await readFile(join(workflowsFolder, name)));
  }
  return hash.digest('hex').slice(0, 32);
}
