import { expect, inject, it } from 'vitest';
import { runWorker } from '../../worker/main.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { databaseUrl } = await useTestDatabase();

/** It kept its connections open, and its process had to be killed after 25 s. */
it('a worker that is told to stop before it polls ends at once', async () => {
  const stopping = new AbortController();
  const running = runWorker(
    {
      databaseUrl,
      temporalNamespace: 'default',
      temporalConnection: { address: inject('temporalAddress') },
      cacheDir: inject('cacheDir'),
      functionsFile: 'absent.config.ts',
      allowedNetworks: 'loopback',
      allowExec: true,
      resolveSecret: () => undefined,
      shutdownGraceMs: 10_000,
    },
    stopping.signal,
  );
  stopping.abort();
  await expect(running).resolves.toBeUndefined();
}, 15_000);
