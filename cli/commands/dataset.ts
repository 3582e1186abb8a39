import { type Command, Option } from 'commander';
import type { PushDatasetOptions } from '../dataset/push-dataset.ts';
import { globalOptions } from '../global-options.ts';

/** `sluice dataset …`. */
export function register(program: Command): void {
  const dataset = program.command('dataset').description('versioned examples');

  dataset
    .command('push <name> <file>')
    .description('make the next version of a dataset from a JSONL or CSV file, all of it or nothing')
    .option('--split <split>', 'put every example into this split too')
    .option('--map <to=from>', 'copy a column of the file, e.g. --map input=question (several times)', collect, [])
    .addOption(new Option('--format <format>', 'of the file (default: by its name)').choices(['jsonl', 'csv']))
    .addHelpText(
      'after',
      '\nColumns: id input expected split splits metadata clusterKey sourceTraceId; others become metadata.',
    )
    .action(async (name: string, file: string, options: PushDatasetOptions, command: Command) => {
      const { pushDataset } = await import('../dataset/push-dataset.ts');
      await pushDataset(name, file, options, globalOptions(command));
    });

  dataset
    .command('list')
    .description('datasets with their newest version')
    .action(async (_options: object, command: Command) => {
      const { listDatasets } = await import('../dataset/list-datasets.ts');
      await listDatasets(globalOptions(command));
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
