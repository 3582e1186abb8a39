import { type Command, InvalidArgumentError, Option } from 'commander';
import { diffChanges } from '../../schema/contracts/diff.ts';
import { globalOptions } from '../global-options.ts';
import { reportOptions } from '../report/report-options.ts';
import type { AnswerOptions } from '../run/answer-run.ts';
import type { DiffOptions } from '../run/diff-runs.ts';
import type { ExamplesOptions } from '../run/list-examples.ts';
import type { RaiseBudgetOptions } from '../run/raise-budget.ts';
import type { RerunOptions } from '../run/rerun-run.ts';
import type { RetryOptions } from '../run/retry-run.ts';
import type { ScoreOptions } from '../run/score-run.ts';
import type { StartOptions } from '../run/start-run.ts';
import { wholeNumber } from '../whole-number.ts';

const statuses = ['queued', 'running', 'paused', 'awaiting_approval', 'completed', 'failed', 'aborted'];

/** `sluice run …`. Each verb is a file in `cli/run/`, loaded when asked for. */
export function register(program: Command): void {
  const run = program.command('run').description('start, watch and steer runs');

  reportOptions(run.command('start <file>'))
    .description('start the experiment that a YAML or JSON spec describes')
    .option(
      '--watch',
      'show the progress and the result; exit 0 pass, 3 fail, 4 inconclusive or not approved, 1 could not finish',
    )
    .option('--limit <n>', 'only the first n examples', wholeNumber(1))
    .option('--tag <tag>', 'add a tag to those of the spec (several times)', severalTimes)
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
    .option('--tag <tag>', 'only runs with this tag')
    .addOption(new Option('--status <status>', 'only runs in this status').choices(statuses))
    .option('--limit <n>', 'at most n runs', wholeNumber(1))
    .action(async (options: object, command: Command) => {
      const { listRuns } = await import('../run/list-runs.ts');
      await listRuns(options, globalOptions(command));
    });

  run
    .command('score <id>')
    .description('score the answers of a run that has ended by further evaluators; calls no agent, decides nothing')
    .requiredOption(
      '--evaluator <file|name[@version]>',
      'a YAML or JSON file, or a stored evaluator; may be given several times',
      (value: string, earlier: string[] = []) => [...earlier, value],
    )
    .option('--watch', 'show the progress, and the result with the new metrics')
    .option('--idempotency-key <key>', 'the same key with the same evaluators starts no second scoring')
    .action(async (id: string, options: ScoreOptions, command: Command) => {
      const { scoreRun } = await import('../run/score-run.ts');
      process.exitCode = await scoreRun(id, options, globalOptions(command));
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

  run
    .command('budget <id>')
    .description('raise what a run may cost; one that its budget ended goes on with the trials that were not run')
    .requiredOption('--max-cost-usd <usd>', 'the new cap, higher than the one in force', amountUsd)
    .option('--reason <text>', 'why, for the audit log')
    .option('--watch', 'show the progress and the result; exits by the verdict')
    .action(async (id: string, options: RaiseBudgetOptions, command: Command) => {
      const { raiseBudget } = await import('../run/raise-budget.ts');
      process.exitCode = await raiseBudget(id, options, globalOptions(command));
    });

  run
    .command('retry <id>')
    .description('make failed trials of a run that ended again, and go on with one that could not finish')
    .option('--failed', 'all that failed: at the agent, at the platform, at a judge (default)')
    .option('--missing', 'only what the platform or a judge failed at: it cannot make an agent look better')
    .option('--reason <text>', 'why, for the audit log')
    .option('--watch', 'show the progress and the result; exits by the verdict')
    .action(async (id: string, options: RetryOptions, command: Command) => {
      const { retryRun } = await import('../run/retry-run.ts');
      process.exitCode = await retryRun(id, options, globalOptions(command));
    });

  run
    .command('rerun <id>')
    .description('a new run from the spec of an earlier one; names without a version are resolved anew')
    .option('--dataset <name@version#split>', 'other data, e.g. support@latest#test')
    .option('--variant <name=agent@version>', 'another agent for a variant (several times)', byVariant)
    .option('--name <name>', 'another name')
    .option('--limit <n>', 'only the first n examples (default: as in that run)', wholeNumber(1))
    .option('--idempotency-key <key>', 'the same key starts no second run')
    .option('--watch', 'show the progress and the result; exits by the verdict')
    .action(async (id: string, options: RerunOptions, command: Command) => {
      const { rerunRun } = await import('../run/rerun-run.ts');
      process.exitCode = await rerunRun(id, options, globalOptions(command));
    });

  run
    .command('approve <id>')
    .description('sign the evidence of a run that asks for approval; it is shown first')
    .option('--reason <text>', 'why, for whoever reads it later')
    .option('--evidence <hash>', 'what you looked at: refused when the run has other evidence by now')
    .action(async (id: string, options: AnswerOptions, command: Command) => {
      const { answerRun } = await import('../run/answer-run.ts');
      await answerRun('approve', id, options, globalOptions(command));
    });

  run
    .command('reject <id>')
    .description('refuse a run that asks for approval: it ends with hold')
    .option('--reason <text>', 'why (needed): whoever started the run reads it')
    .option('--evidence <hash>', 'what you looked at: refused when the run has other evidence by now')
    .action(async (id: string, options: AnswerOptions, command: Command) => {
      const { answerRun } = await import('../run/answer-run.ts');
      await answerRun('reject', id, options, globalOptions(command));
    });

  for (const [verb, description] of [
    ['advance', 'a rollout leaves its stage now, past its waiting; approvals and harm count all the same'],
    ['skip', 'a rollout leaves its stage now, and leaves the next one out'],
    ['extend', 'a rollout stays in its stage for longer'],
  ] as const) {
    const steer = run.command(`${verb} <id>`).description(description);
    if (verb === 'extend') steer.requiredOption('--by <time>', 'how much longer, e.g. 2h');
    steer
      .requiredOption('--reason <text>', 'why, for the audit log')
      .action(async (id: string, options: { reason: string; by?: string }, command: Command) => {
        const { steerRollout } = await import('../rollout/steer-rollout.ts');
        await steerRollout(verb, id, options, globalOptions(command));
      });
  }

  run
    .command('events <id>')
    .description('events of metrics with zero tolerance: open ones wait for a second judgement or a person')
    .action(async (id: string, _options: object, command: Command) => {
      const { listEvents } = await import('../rollout/decide-event.ts');
      await listEvents(id, globalOptions(command));
    });

  run
    .command('confirm <id>')
    .description('say that an event of a metric with zero tolerance was one: it counts')
    .requiredOption('--unit <unit>', 'of which unit')
    .requiredOption('--metric <name>', 'of which metric')
    .option('--refute', 'it was none')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action(
      async (
        id: string,
        options: { unit: string; metric: string; refute?: boolean; reason: string },
        command: Command,
      ) => {
        const { decideEvent } = await import('../rollout/decide-event.ts');
        await decideEvent(id, options, globalOptions(command));
      },
    );

  for (const [verb, description] of [
    ['pause', 'start no new trial until the run is resumed'],
    ['resume', 'go on with a paused run'],
    ['abort', 'end a run, or a scoring (scr_…), for good; what was measured stays'],
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

function amountUsd(text: string): number {
  const value = Number(text);
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError(`found "${text}", expected an amount in USD, e.g. 2.50`);
}

/** Agents by variant, as `--variant candidate=support-bot@5` gives them. */
function byVariant(text: string, earlier: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
  throw new InvalidArgumentError(`found "${text}", expected VARIANT=AGENT[@VERSION], e.g. candidate=support-bot@5`);
}

function severalTimes(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}
