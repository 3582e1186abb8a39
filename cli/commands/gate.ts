import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { reportOptions } from '../report/report-options.ts';
import type { ReportTarget } from '../report/finish-report.ts';

/** `sluice gate …`. */
export function register(program: Command): void {
  const gate = program.command('gate').description('policies over metrics, and what they say of a run');

  gate
    .command('push <name> <file>')
    .description('store the criteria in a YAML or JSON file as the next version of a gate')
    .action(async (name: string, file: string, _options: object, command: Command) => {
      const { pushGate } = await import('../gate/push-gate.ts');
      await pushGate(name, file, globalOptions(command));
    });

  reportOptions(gate.command('check <id>'))
    .description('wait for a run and say its verdict; exit 0 pass, 3 fail, 4 inconclusive, 1 could not finish')
    .action(async (id: string, options: ReportTarget, command: Command) => {
      const { checkGate } = await import('../gate/check-gate.ts');
      process.exitCode = await checkGate(id, options, globalOptions(command));
    });
}
