import { type Command, Option } from 'commander';
import { inconclusiveAnswers } from '../run/exit-code.ts';

/** The options of commands that exit by a verdict in CI. */
export function reportOptions(command: Command): Command {
  return command
    .option('--markdown <file>', 'write a report for a pull request there')
    .addOption(
      new Option('--on-inconclusive <answer>', 'exit 0 (pass), 3 (fail) or 4 (hold) when nothing can be told')
        .choices(inconclusiveAnswers)
        .default('hold'),
    );
}
