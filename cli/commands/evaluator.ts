import type { Command } from 'commander';
import { agreementOptions } from '../annotation/agreement-options.ts';
import type { AgreementOptions } from '../annotation/show-agreement.ts';
import { globalOptions } from '../global-options.ts';

/** `sluice evaluator …`. */
export function register(program: Command): void {
  const evaluator = program.command('evaluator').description('judges of outputs, in numbered versions');

  evaluator
    .command('push <file>')
    .description('make the next version of the evaluator that a YAML or JSON file describes')
    .action(async (file: string, _options: object, command: Command) => {
      const { pushEvaluators } = await import('../evaluator/push-evaluators.ts');
      await pushEvaluators(file, globalOptions(command));
    });

  evaluator
    .command('list')
    .description('evaluators with their newest version, pushed or declared in a spec')
    .action(async (_options: object, command: Command) => {
      const { listEvaluators } = await import('../evaluator/list-evaluators.ts');
      await listEvaluators(globalOptions(command));
    });

  agreementOptions(evaluator.command('trust <judge>')).action(
    async (judge: string, options: AgreementOptions, command: Command) => {
      const { showAgreement } = await import('../annotation/show-agreement.ts');
      await showAgreement(judge, options, globalOptions(command));
    },
  );
}
