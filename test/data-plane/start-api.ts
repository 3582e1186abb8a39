import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { runApi } from '../../api/main.ts';

/** An API of the test's own. @param options.dataDir Where its snapshot and spool are. */
export async function startApi(options: {
  databaseUrl: string;
  dataDir?: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const closing = new AbortController();
  const { url, closed } = await runApi(
    {
      ...options,
      temporalNamespace: 'default',
      temporalConnection: { address: inject('temporalAddress') },
      host: '127.0.0.1',
      port: 0,
      auditKey: 'a-key',
      log: false,
      allowExec: true,
      functionsFile: fileURLToPath(new URL('../support/test-functions.ts', import.meta.url)),
    },
    closing.signal,
  );
  return {
    url,
    stop: async () => {
      closing.abort();
      await closed;
    },
  };
}
