import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { createStepReporter } from '../step-reporter.ts';

/** `sluice down`: ends a stack that runs, or what a killed supervisor left of it. */
export function register(program: Command): void {
  program.command('down').action(async (_options: object, command: Command) => {
    const { dataDir: given, json } = globalOptions(command);
    const { readConfig } = await import('../../config/read-config.ts');
    const { stopStack } = await import('../../local/stop-stack.ts');
    const dataDir = given ?? readConfig().dataDir;
    const outcome = await stopStack(dataDir, createStepReporter(json ? process.stderr : process.stdout));
    if (json) console.log(JSON.stringify({ dataDir, outcome }));
    else if (outcome === 'nothing_runs') console.log(`nothing runs in ${dataDir}`);
  });
}
