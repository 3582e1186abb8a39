import type { Command } from 'commander';
import { agreementOptions } from '../annotation/agreement-options.ts';
import type { ExportSheetOptions } from '../annotation/export-sheet.ts';
import type { ListLabelsOptions } from '../annotation/list-labels.ts';
import type { PushLabelsOptions } from '../annotation/push-labels.ts';
import type { AgreementOptions } from '../annotation/show-agreement.ts';
import { globalOptions } from '../global-options.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice annotation …`. */
export function register(program: Command): void {
  const annotation = program.command('annotation').description("people's labels on the answers of a run");

  annotation
    .command('export <run>')
    .description('write a CSV sheet of outputs to label, blind: without variants and without what a judge said')
    .option('--sample <n>', 'so many trials, drawn by the seed (default: all)', wholeNumber(1))
    .option('--seed <text>', 'the same seed draws the same trials in the same order')
    .option('--for <judge>', 'only what this judge judged; labels are held against it')
    .option('--name <name>', 'what is judged (default: the name of the judge)')
    .action(async (run: string, options: ExportSheetOptions, command: Command) => {
      const { exportSheet } = await import('../annotation/export-sheet.ts');
      await exportSheet(run, options, globalOptions(command));
    });

  annotation
    .command('push <run> <file>')
    .description('store the labels of a CSV file as yours; the same again changes nothing')
    .option('--name <name>', 'what is judged, for rows without a column `name`')
    .addHelpText(
      'after',
      '\nColumns: subject (of a sheet) or example_id and variant; label or score; name repetition comment.',
    )
    .action(async (run: string, file: string, options: PushLabelsOptions, command: Command) => {
      const { pushLabels } = await import('../annotation/push-labels.ts');
      await pushLabels(run, file, options, globalOptions(command));
    });

  annotation
    .command('list <run>')
    .description('what people say now of the trials of a run')
    .option('--name <name>', 'only labels of this name')
    .option('--person <person>', 'only labels of this person')
    .action(async (run: string, options: ListLabelsOptions, command: Command) => {
      const { listLabels } = await import('../annotation/list-labels.ts');
      await listLabels(run, options, globalOptions(command));
    });

  agreementOptions(annotation.command('agreement <judge>')).action(
    async (judge: string, options: AgreementOptions, command: Command) => {
      const { showAgreement } = await import('../annotation/show-agreement.ts');
      await showAgreement(judge, options, globalOptions(command));
    },
  );
}
