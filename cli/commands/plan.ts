import type { Command } from 'commander';
import { byMetric } from '../by-metric.ts';
import { globalOptions } from '../global-options.ts';
import type { PlanOptions } from '../plan/plan-spec.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice plan FILE`. */
export function register(program: Command): void {
  program
    .command('plan <file>')
    .description('what the experiment or rollout in a YAML or JSON spec would do, cost and be able to show')
    .option('--limit <n>', 'only the first n examples', wholeNumber(1))
    .option(
      '--effect <metric=e>',
      'how likely this effect stays undecided, e.g. correct=0.05 (several times)',
      byMetric,
    )
    .addHelpText(
      'after',
      '\nCalls every variant of an experiment on five examples (not one with side effects), and nothing for a rollout. Starts no run.',
    )
    .action(async (file: string, options: PlanOptions, command: Command) => {
      const { planSpec } = await import('../plan/plan-spec.ts');
      await planSpec(file, options, globalOptions(command));
    });
}
