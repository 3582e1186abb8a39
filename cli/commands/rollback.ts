import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';

/** `sluice rollback AGENT`. */
export function register(program: Command): void {
  program
    .command('rollback <agent>')
    .description('all units get the version before again, at once; a rollout in progress ends')
    .requiredOption('--reason <text>', 'why: it is reviewed afterwards')
    .action(async (agent: string, options: { reason: string }, command: Command) => {
      const { rollback } = await import('../rollout/rollback.ts');
      await rollback(agent, options, globalOptions(command));
    });
}
