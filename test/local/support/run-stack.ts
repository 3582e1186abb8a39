/**
 * `sluice up` with stub services: `run-stack.ts DATA_DIR PORT WORKERS`. Everything but API, worker and migrations is
 * the real thing.
 */
import { fileURLToPath } from 'node:url';
import { printError } from '../../../cli/print-error.ts';
import { createStepReporter } from '../../../cli/step-reporter.ts';
import { readConfig } from '../../../config/read-config.ts';
import { serviceChildren } from '../../../local/service-children.ts';
import { startStack } from '../../../local/start-stack.ts';
import { stopSignals } from '../../../local/stop-signals.ts';

const [dataDir = '', port = '0', workers = '1'] = process.argv.slice(2);
const signals = stopSignals({ onSecond: () => {}, endWithParent: false });
const report = createStepReporter();
const script = fileURLToPath(new URL('./stub-service.ts', import.meta.url));
try {
  const stack = await startStack({
    config: readConfig(),
    dataDir,
    port: Number(port),
    report,
    interrupted: signals.first,
    prepare: async () => {},
    services: (engines) =>
      serviceChildren({
        engines,
        dataDir,
        workers: Number(workers),
        launcher: { command: process.execPath, script },
        version: process.env.STUB_VERSION ?? '1',
      }),
  });
  if (stack.kind === 'already_running') {
    console.log(`already running (pid ${stack.pid})`);
  } else {
    console.log(`ready ${stack.url} in ${stack.startMs} ms; adopted: ${stack.adopted.join(' ') || 'none'}`);
    await signals.received;
    await stack.stop(signals.second);
    console.log('stopped');
  }
} catch (error) {
  process.exitCode = printError(error, { json: false, debug: false });
}
