import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runWorker } from '../../worker/main.ts';

interface WorkerProcessOptions {
  databaseUrl: string;
  temporalNamespace: string;
  temporalAddress: string;
  cacheDir: string;
}

/** A worker as a process of its own, to be killed. Resolves when it polls. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SLUICE_TEST_WORKER: JSON.stringify(options) },
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the worker ended with code ${code}`))),
  ]);
  return child;
}

// As that process.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = JSON.parse(process.env.SLUICE_TEST_WORKER ?? '{}') as WorkerProcessOptions;
  await runWorker(
    {
      databaseUrl: options.databaseUrl,
      temporalNamespace: options.temporalNamespace,
      temporalConnection: { address: options.temporalAddress },
      cacheDir: options.cacheDir,
      functionsFile: fileURLToPath(new URL('./test-functions.ts', import.meta.url)),
      allowedNetworks: 'loopback',
      allowExec: true,
      resolveSecret: () => undefined,
      shutdownGraceMs: 1_000,
      onReady: () => console.log('ready'),
    },
    new AbortController().signal,
  );
}
