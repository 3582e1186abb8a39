import type { Command } from 'commander';
import { requiredDatabase } from '../required-database.ts';
import { stopOnSignal } from '../stop-on-signal.ts';

/** `sluice api`: serves the API until SIGTERM. */
export function register(program: Command): void {
  program.command('api').action(async () => {
    const { readConfig } = await import('../../config/read-config.ts');
    const { auditKey } = await import('../../config/audit-key.ts');
    const { temporalConnection } = await import('../../config/temporal-connection.ts');
    const { findSecret } = await import('../../config/find-secret.ts');
    const { runApi } = await import('../../api/main.ts');
    const config = readConfig();
    const databaseUrl = requiredDatabase(config);
    const { connectionOptions, namespace } = await temporalConnection(config);
    const { url, closed } = await runApi(
      {
        databaseUrl,
        dataDir: config.dataDir,
        functionsFile: config.functionsFile,
        allowExec: config.allowExec,
        resolveSecret: findSecret,
        attachments: config.attachments,
        pricesFile: config.pricesFile,
        attachmentLimitBytes: config.attachmentLimitBytes,
        temporalConnection: connectionOptions,
        temporalNamespace: namespace,
        host: config.host,
        port: config.port,
        auditKey: auditKey(config),
        log: true,
        allowedNetworks: config.allowPrivateHosts ? 'private' : config.allowLoopback ? 'loopback' : 'public',
        publicUrl: config.sluiceUrl,
      },
      stopOnSignal(),
    );
    console.log(`api ${process.pid} listens on ${url}`);
    await closed;
  });
}
