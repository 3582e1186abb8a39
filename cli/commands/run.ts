import { type Command, Option } from 'commander';
import { diffChanges } from '../../schema/contracts/diff.ts';
import { globalOptions } from '../global-options.ts';
import { reportOptions } from '../report/report-options.ts';
import type { DiffOptions } from '../run/diff-runs.ts';
import type { ExamplesOptions } from '../run/list-examples.ts';
import type { StartOptions } from '../run/start-run.ts';
import { wholeNumber } from '../whole-number.ts';

const statuses = ['queued', 'running', 'paused', 'awaiting_approval', 'completed', 'failed', 'aborted'];

/** `sluice run …`. Each verb is a file in `cli/run/`, loaded when asked for. */
export function register(program: Command): void {
  const run = program.command('run').description('start, watch and steer runs');

  reportOptions(run.command('start <file>'))
    .description('start the experiment that a YAML or JSON spec describes')
    .option('--watch', 'show the progress and the result; exit 0 pass, 3 fail, 4 inconclusive, 1 could not finish')
    .option('--limit <n>', 'only the first n examples', wholeNumber(1))
    .option('--idempotency-key <key>', 'the same key with the same spec starts no second run')
    .action(async (file: string, options: StartOptions, command: Command) => {
      const { startRun } = await import('../run/start-run.ts');
      process.exitCode = await startRun(file, options, globalOptions(command));
    });

  run
    .command('watch <id>')
    .description('show the progress of a run and its result; exits by the verdict like `start --watch`')
    .action(async (id: string, _options: object, command: Command) => {
      const { attendRun } = await import('../run/attend-run.ts');
      process.exitCode = await attendRun(id, globalOptions(command));
    });

  run
    .command('get <id>')
    .description('the result of a run, or how far it is')
    .action(async (id: string, _options: object, command: Command) => {
      const { showRun } = await import('../run/show-run.ts');
      await showRun(id, {}, globalOptions(command));
    });

  run
    .command('show <id>')
    .description('like get; with --spec the spec, every name resolved and every default written out')
    .option('--spec', 'print the spec')
    .action(async (id: string, options: { spec?: boolean }, command: Command) => {
      const { showRun } = await import('../run/show-run.ts');
      await showRun(id, options, globalOptions(command));
    });

  run
    .command('list')
    .description('the newest runs')
    .option('--name <name>', 'only runs of this name')
    .addOption(new Option('--status <status>', 'only runs in this status').choices(statuses))
    .option('--limit <n>', 'at most n runs', wholeNumber(1))
    .action(async (options: object, command: Command) => {
      const { listRuns } = await import('../run/list-runs.ts');
      await listRuns(options, globalOptions(command));
    });

  run
    .command('examples <id>')
    .description('the examples on which a candidate did better or worse than control')
    .requiredOption('--metric <metric>', 'in which metric')
    .option('--candidate <name>', 'of which candidate (default: the first)')
    .addOption(new Option('--change <change>', 'only these').choices(['improved', 'regressed', 'flaky']))
    .option('--limit <n>', 'at most n examples', wholeNumber(1))
    .action(async (id: string, options: ExamplesOptions, command: Command) => {
      const { listExamples } = await import('../run/list-examples.ts');
      await listExamples(id, options, globalOptions(command));
    });

  run
    .command('diff <a> [b]')
    .description('two runs, or two variants (RUN:variant), example by example; one run: its control and candidate')
    .option('--metric <metric>', 'in which metric (default: the first evaluator)')
    .addOption(new Option('--change <change>', 'only these examples').choices(diffChanges))
    .option('--limit <n>', 'at most n examples', wholeNumber(0))
    .action(async (a: string, b: string | undefined, options: DiffOptions, command: Command) => {
      const { diffRuns } = await import('../run/diff-runs.ts');
      await diffRuns(a, b, options, globalOptions(command));
    });

  for (const [verb, description] of [
    ['pause', 'start no new trial until the run is resumed'],
    ['resume', 'go on with a paused run'],
    ['abort', 'end a run for good; what was measured stays'],
  ] as const) {
    run
      .command(`${verb} <id>`)
      .description(description)
      .option('--reason <text>', 'why, for the audit log')
      .action(async (id: string, options: { reason?: string }, command: Command) => {
        const { commandRun } = await import('../run/command-run.ts');
        await commandRun(verb, id, options, globalOptions(command));
      });
  }
}
