import { connect } from 'node:net';
import { SluiceError } from '../schema/errors.ts';
import { freePort } from './free-port.ts';
import { resolveTemporal } from './resolve-temporal.ts';
import type { EngineStart, StartEngineOptions } from './start-postgres.ts';
import { temporalChild } from './temporal-child.ts';

export interface StartedTemporal {
  readonly name: 'temporal';
  readonly how: EngineStart;
  readonly temporalAddress: string;
}

/** Brings up the embedded Temporal server, or makes sure that somebody listens at `TEMPORAL_ADDRESS`. */
export async function startTemporal(options: StartEngineOptions): Promise<StartedTemporal> {
  const { config, dataDir, state, supervisor, report, interrupted } = options;
  if (config.temporalAddress !== undefined) {
    await reachExternal(config.temporalAddress);
    report.line(`Temporal: using the one in TEMPORAL_ADDRESS (${config.temporalAddress})`);
    return { name: 'temporal', how: 'external', temporalAddress: config.temporalAddress };
  }

  const { temporalCliPath: cliPath, searchPath, cacheDir, hasProxy } = config;
  const { path: binary, source } = await resolveTemporal({
    cliPath,
    searchPath,
    cacheDir,
    hasProxy,
    report,
    interrupted,
  });
  interrupted.throwIfAborted();
  const step = report.step('starting Temporal');
  try {
    const orphan = supervisor.orphan('temporal');
    const port = orphan?.port ?? (await freePort(state.temporalPort ?? undefined));
    state.temporalPort = port;
    const how = await supervisor.run(temporalChild({ binary, dataDir, port }), interrupted);
    step.done(`Temporal (from ${source}) ${how === 'adopted' ? 'found running' : 'ready'} on 127.0.0.1:${port}`);
    return { name: 'temporal', how, temporalAddress: `127.0.0.1:${port}` };
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** TLS and keys are the worker's business: here only whether anybody is there. */
async function reachExternal(address: string): Promise<void> {
  const [host = '', port = ''] = address.split(/:(?=\d+$)/);
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 5_000 });
    const finish = (reason?: string) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => finish());
    socket.once('timeout', () => finish('no answer within 5 s'));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
  if (problem === undefined) return;
  throw new SluiceError({
    code: 'unavailable',
    message: `Temporal in TEMPORAL_ADDRESS (${address}): ${problem}; expected a server that accepts connections`,
    fix: 'check that it runs and that the address is right, or unset TEMPORAL_ADDRESS to use the embedded one',
  });
}
