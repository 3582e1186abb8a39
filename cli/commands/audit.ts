import type { Command } from 'commander';
import type { ListAuditOptions } from '../audit/list-audit.ts';
import { globalOptions } from '../global-options.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice audit …`, for admins. */
export function register(program: Command): void {
  const audit = program.command('audit').description('who did what, and whether the log is whole');

  audit
    .command('list')
    .description('the newest events')
    .option('--subject <subject>', 'only of this, e.g. run:run_…')
    .option('--before <number>', 'only events before this one', wholeNumber(1))
    .option('--limit <n>', 'at most n events', wholeNumber(1))
    .action(async (options: ListAuditOptions, command: Command) => {
      const { listAudit } = await import('../audit/list-audit.ts');
      await listAudit(options, globalOptions(command));
    });

  audit
    .command('verify')
    .description('compute every hash again and say where the log is not what was written; exit 0 whole, 3 broken')
    .option(
      '--expect <number:hash>',
      'an end that an earlier `audit verify` printed and somebody noted: tells a log taken back as a whole',
    )
    .action(async (options: { expect?: string }, command: Command) => {
      const { verifyAudit } = await import('../audit/verify-audit.ts');
      process.exitCode = await verifyAudit(options, globalOptions(command));
    });
}
