import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';

/** `sluice approval …`. Answering is `run approve` and `run reject`. */
export function register(program: Command): void {
  const approval = program.command('approval').description('what waits for persons; answer with `run approve|reject`');

  approval
    .command('list')
    .description('open requests, those that expire first at the front, and why one is not for you')
    .option('--mine', 'only those that you may answer')
    .action(async (options: { mine?: boolean }, command: Command) => {
      const { listApprovals } = await import('../approval/list-approvals.ts');
      await listApprovals(options, globalOptions(command));
    });

  approval
    .command('get <run>')
    .description('the change, the frozen evidence and who is asked')
    .action(async (id: string, _options: object, command: Command) => {
      const { getApproval } = await import('../approval/get-approval.ts');
      await getApproval(id, globalOptions(command));
    });
}
