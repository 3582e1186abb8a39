import { type Command, InvalidArgumentError } from 'commander';
import { globalOptions } from '../global-options.ts';
import type { PlanOptions } from '../plan/plan-spec.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice plan FILE`. */
export function register(program: Command): void {
  program
    .command('plan <file>')
    .description('what the experiment in a YAML or JSON spec would call, cost and be able to show')
    .option('--limit <n>', 'only the first n examples', wholeNumber(1))
    .option('--effect <e>', 'how likely an effect of this size stays undecided, in the unit of the metric', number)
    .addHelpText(
      'after',
      '\nCalls every variant on five examples (not one with side effects). Starts no run and stores no trial.',
    )
    .action(async (file: string, options: PlanOptions, command: Command) => {
      const { planSpec } = await import('../plan/plan-spec.ts');
      await planSpec(file, options, globalOptions(command));
    });
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`found "${text}", expected a number, e.g. 0.05 for five percentage points`);
}
