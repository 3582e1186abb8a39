import { type Command, Option } from 'commander';
import type { DiffOptions } from '../dataset/diff-datasets.ts';
import type { ExportOptions } from '../dataset/export-dataset.ts';
import type { PushDatasetOptions } from '../dataset/push-dataset.ts';
import { globalOptions } from '../global-options.ts';
import { wholeNumber } from '../whole-number.ts';

/** `sluice dataset …`. */
export function register(program: Command): void {
  const dataset = program.command('dataset').description('versioned examples');

  dataset
    .command('push <name> <file>')
    .description(
      'make the next version of a dataset from a JSONL or CSV file or a folder of media, all of it or nothing',
    )
    .option('--split <split>', 'put every example into this split too')
    .option('--map <to=from>', 'copy a column of the file, e.g. --map input=question (several times)', collect, [])
    .addOption(new Option('--format <format>', 'of the file (default: by its name)').choices(['jsonl', 'csv']))
    .option('--label-from-folder', 'of a folder of media: the folder a file stands in is its expected value')
    .option('--owner <name>', 'of golden cases that have none of their own')
    .option('--reason <text>', 'why golden cases are golden, for those that do not say')
    .option(
      '--disjoint <splits>',
      'these splits share no input and no clusterKey, from now on: train,test',
      collect,
      [],
    )
    .option('--allow-overlap <splits>', 'these splits may overlap again; on record', collect, [])
    .addHelpText(
      'after',
      `
Columns: id input expected split splits metadata clusterKey sourceTraceId; others become metadata. A CSV column named
input:json or expected:json holds JSON. Golden cases (split golden) tell owner and reason in columns of these names.
Media: {"type": "image", "file": "cat.png"} or {"type": "audio", …} in an input names a file beside the data. Of a folder
every image and recording is an example; metadata.jsonl or metadata.csv in it, with a column file, adds columns.`,
    )
    .action(async (name: string, file: string, options: PushDatasetOptions, command: Command) => {
      const { pushDataset } = await import('../dataset/push-dataset.ts');
      await pushDataset(name, file, options, globalOptions(command));
    });

  dataset
    .command('list')
    .description('datasets with their versions, pins and splits')
    .action(async (_options: object, command: Command) => {
      const { listDatasets } = await import('../dataset/list-datasets.ts');
      await listDatasets(globalOptions(command));
    });

  dataset
    .command('diff <from> <to>')
    .description('what changed between two versions, e.g. qa@3 qa@5 (a number, a pin or latest)')
    .option('--limit <count>', 'examples named of each kind', wholeNumber(0), 10)
    .action(async (from: string, to: string, options: DiffOptions, command: Command) => {
      const { diffDatasets } = await import('../dataset/diff-datasets.ts');
      await diffDatasets(from, to, options, globalOptions(command));
    });

  dataset
    .command('export <dataset>')
    .description('write the rows of name[@version][#split]; pushed again they make the same content')
    .addOption(new Option('--format <format>', 'default: by the name of --out, else jsonl').choices(['jsonl', 'csv']))
    .option('--out <file>', 'write here instead of stdout')
    .option('--media <folder>', 'download images and recordings into this folder too, named by their SHA-256')
    .action(async (reference: string, options: ExportOptions, command: Command) => {
      const { exportDataset } = await import('../dataset/export-dataset.ts');
      await exportDataset(reference, options, globalOptions(command));
    });

  dataset
    .command('pin <dataset>')
    .description(
      'put a label on a version, e.g. qa@3 --as approved: then qa@approved means it, wherever a version stands',
    )
    .requiredOption('--as <label>', 'the label; it moves when it stands on another version')
    .action(async (reference: string, options: { as: string }, command: Command) => {
      const { pinDataset } = await import('../dataset/pin-dataset.ts');
      await pinDataset(reference, options.as, globalOptions(command));
    });
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}
