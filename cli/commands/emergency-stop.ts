import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';

/** `sluice emergency-stop`. */
export function register(program: Command): void {
  program
    .command('emergency-stop')
    .description('end every rollout of the project, return all units to control, freeze until `freeze end`')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (options: { reason: string }, command: Command) => {
      const { emergencyStop } = await import('../traffic/emergency-stop.ts');
      await emergencyStop(options, globalOptions(command));
    });
}
