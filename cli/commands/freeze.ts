import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';

/** `sluice freeze …`. */
export function register(program: Command): void {
  const freeze = program
    .command('freeze')
    .description('stretches of time in which no rollout advances; harm still rolls back');
  freeze
    .command('start')
    .description('freeze the project, now or in a time to come')
    .option('--from <time>', 'ISO time, e.g. 2026-12-24T00:00:00Z (default: now)')
    .option('--to <time>', 'ISO time (default: until `freeze end`)')
    .requiredOption('--reason <text>', 'why: rollouts show it')
    .action(async (options: { from?: string; to?: string; reason: string }, command: Command) => {
      const { startFreeze } = await import('../traffic/freeze.ts');
      await startFreeze(options, globalOptions(command));
    });
  freeze
    .command('list')
    .description('freezes that are not over')
    .action(async (_options: object, command: Command) => {
      const { listFreezes } = await import('../traffic/freeze.ts');
      await listFreezes(globalOptions(command));
    });
  freeze
    .command('end <id>')
    .description('rollouts go on')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (id: string, options: { reason: string }, command: Command) => {
      const { endFreeze } = await import('../traffic/freeze.ts');
      await endFreeze(id, options, globalOptions(command));
    });
}
