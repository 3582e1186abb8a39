import type { Command } from 'commander';
import { byMetric } from '../by-metric.ts';
import type { BacktestOptions } from '../gate/backtest-gate.ts';
import type { SimulateOptions } from '../gate/simulate-gate.ts';
import { globalOptions } from '../global-options.ts';
import type { ReportTarget } from '../report/finish-report.ts';
import { reportOptions } from '../report/report-options.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice gate …`. */
export function register(program: Command): void {
  const gate = program.command('gate').description('policies over metrics, and what they say of a run');

  gate
    .command('push <name> <file>')
    .description('store the criteria in a YAML or JSON file as the next version of a gate')
    .action(async (name: string, file: string, _options: object, command: Command) => {
      const { pushGate } = await import('../gate/push-gate.ts');
      await pushGate(name, file, globalOptions(command));
    });

  reportOptions(gate.command('check <id>'))
    .description(
      'wait for a run and say its verdict; exit 0 pass, 3 fail, 4 inconclusive or not approved (yet: it waits for no person, `run watch` does), 1 could not finish',
    )
    .action(async (id: string, options: ReportTarget, command: Command) => {
      const { checkGate } = await import('../gate/check-gate.ts');
      process.exitCode = await checkGate(id, options, globalOptions(command));
    });

  gate
    .command('simulate <file>')
    .description(
      'how often a policy passes and fails when nothing changes, on an effect, and on a loss; needs no stack',
    )
    .option('--examples <n>', 'examples of a run', wholeNumber(2), 200)
    .option('--repetitions <n>', 'calls of each example', wholeNumber(1), 1)
    .option('--clusters <n>', 'the examples fall into n clusters (default: all are independent)', wholeNumber(2))
    .option('--split-size <n>', 'examples in each split named (default: a fifth)', wholeNumber(1))
    .option('--base <metric=value>', "control's pass rate, mean or typical amount (several times)", byMetric)
    .option('--effect <metric=value>', 'candidate - control; for amounts as a share (several times)', byMetric)
    .option('--spread <metric=value>', 'share of answers that differ; for scores and amounts a deviation', byMetric)
    .option('--runs <n>', 'simulated runs of each kind', wholeNumber(1), 400)
    .option('--seed <text>', 'the same seed gives the same numbers')
    .action(async (file: string, options: SimulateOptions, command: Command) => {
      const { simulateGate } = await import('../gate/simulate-gate.ts');
      await simulateGate(file, options, globalOptions(command));
    });

  gate
    .command('backtest <file>')
    .description('what a policy would have said of past runs')
    .option('--runs <n>', 'the newest n completed runs (default: 20)', wholeNumber(1))
    .option('--name <name>', 'only runs of this name')
    .action(async (file: string, options: BacktestOptions, command: Command) => {
      const { backtestGate } = await import('../gate/backtest-gate.ts');
      await backtestGate(file, options, globalOptions(command));
    });
}
