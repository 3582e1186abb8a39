import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { runWorker } from '../../worker/main.ts';

export interface TestWorker {
  /** As on SIGTERM: calls in flight end, then it closes. */
  stop(): Promise<void>;
}

/** Starts a worker in this process; resolves when it polls. */
export async function runTestWorker(options: {
  databaseUrl: string;
  temporalNamespace: string;
  secrets?: Record<string, string>;
  /** @default test-functions.ts */
  functionsFile?: string;
}): Promise<TestWorker> {
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  await new Promise<void>((onReady, failed) => {
    running = runWorker(
      {
        databaseUrl: options.databaseUrl,
        temporalNamespace: options.temporalNamespace,
        temporalConnection: { address: inject('temporalAddress') },
        cacheDir: inject('cacheDir'),
        functionsFile: options.functionsFile ?? fileURLToPath(new URL('./test-functions.ts', import.meta.url)),
        allowedNetworks: 'loopback',
        allowExec: true,
        resolveSecret: (name) => options.secrets?.[name],
        shutdownGraceMs: 10_000,
        onReady,
      },
      stopping.signal,
    );
    running.catch(failed);
  });
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
