import type { Command } from 'commander';

/** `annotation agreement` and `evaluator trust` are one thing under two names. */
export function agreementOptions(command: Command): Command {
  return command
    .description('how far a judge (name or name@version) agrees with people: kappa, its interval, a table')
    .option('--name <name>', 'the name under which people labelled (default: that of the judge)')
    .option('--threshold <score>', 'scores of at least this count as good (default: 0.5)', Number)
    .option('--confidence <level>', 'of the interval (default: 0.95)', Number);
}
