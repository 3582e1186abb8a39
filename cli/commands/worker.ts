import type { Command } from 'commander';
import { requiredDatabase } from '../required-database.ts';
import { stopOnSignal } from '../stop-on-signal.ts';

/** `sluice worker`: runs activities and workflows until SIGTERM. */
export function register(program: Command): void {
  program.command('worker').action(async () => {
    const { readConfig } = await import('../../config/read-config.ts');
    const { temporalConnection } = await import('../../config/temporal-connection.ts');
    const { findSecret } = await import('../../config/find-secret.ts');
    const { runWorker } = await import('../../worker/main.ts');
    const config = readConfig();
    const databaseUrl = requiredDatabase(config);
    const { connectionOptions, namespace } = await temporalConnection(config);
    await runWorker(
      {
        databaseUrl,
        attachments: config.attachments,
        temporalConnection: connectionOptions,
        temporalNamespace: namespace,
        cacheDir: config.cacheDir,
        functionsFile: config.functionsFile,
        allowedNetworks: config.allowPrivateHosts ? 'private' : config.allowLoopback ? 'loopback' : 'public',
        allowExec: config.allowExec,
        resolveSecret: findSecret,
        shutdownGraceMs: 10_000,
        onReady: () => console.log(`worker ${process.pid} polls`),
      },
      stopOnSignal(),
    );
  });
}
