import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice agent …`. */
export function register(program: Command): void {
  const agent = program.command('agent').description('the things under test, in numbered versions');

  agent
    .command('push <file>')
    .description('make the next version of the agent that a YAML or JSON file describes')
    .action(async (file: string, _options: object, command: Command) => {
      const { pushAgent } = await import('../agent/push-agent.ts');
      await pushAgent(file, globalOptions(command));
    });

  agent
    .command('list')
    .description('agents with their newest and their production version')
    .action(async (_options: object, command: Command) => {
      const { listAgents } = await import('../agent/list-agents.ts');
      await listAgents(globalOptions(command));
    });

  agent
    .command('set-production <name>')
    .description('declare a version to be in production, past any rollout (admin; audited)')
    .argument('<version>', 'number of the version', wholeNumber(1))
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(async (name: string, version: number, options: { reason: string }, command: Command) => {
      const { setProduction } = await import('../agent/set-production.ts');
      await setProduction(name, version, options, globalOptions(command));
    });
}
