import { type AddedAnnotations, mostAnnotations } from '../../schema/contracts/annotation.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { readLabels } from './read-labels.ts';

export interface PushLabelsOptions {
  readonly name?: string;
}

/** `annotation push RUN FILE`. What was said before by the same person is not stored twice. */
export async function pushLabels(
  run: string,
  file: string,
  options: PushLabelsOptions,
  global: GlobalOptions,
): Promise<void> {
  if (options.name !== undefined) parseInput(nameSchema, options.name, '--name');
  const { annotations, lines, blank } = readLabels(file, options.name);
  const total: AddedAnnotations & { blank: number } = { added: 0, changed: 0, unchanged: 0, blank };
  await withStack(global, async ({ sluice }) => {
    for (let from = 0; from < annotations.length; from += mostAnnotations) {
      const batch = annotations.slice(from, from + mostAnnotations);
      const stored = await sluice.annotations.add.mutate({ run, annotations: batch }).catch(async (error: unknown) => {
        const { toSluiceError } = await import('../../client/to-sluice-error.ts');
        const known = toSluiceError(error, '');
        const refused = known instanceof SluiceError && known.code === 'invalid_input';
        throw refused ? inFile(known, file, lines.slice(from)) : error;
      });
      total.added += stored.added;
      total.changed += stored.changed;
      total.unchanged += stored.unchanged;
    }
  });
  if (global.json) return console.log(JSON.stringify(total));
  const parts = [
    `${formatCount(total.added)} ${total.added === 1 ? 'label' : 'labels'} added`,
    ...(total.changed > 0 ? [`${formatCount(total.changed)} changed (the earlier word is kept)`] : []),
    ...(total.unchanged > 0 ? [`${formatCount(total.unchanged)} known already`] : []),
    ...(blank > 0 ? [`${formatCount(blank)} rows without a label`] : []),
  ];
  console.log(parts.join(', '));
}

/** The places of a request, as lines of the file that the user wrote. */
function inFile(error: SluiceError, file: string, lines: readonly number[]): SluiceError {
  const inLines = (text: string) =>
    text.replaceAll(/annotations\[(\d+)\]/g, (_, index) => `${file} line ${lines[Number(index)]}`);
  return new SluiceError({
    code: error.code,
    message: inLines(error.message),
    details: error.details.map(({ path, message }) => ({ path: inLines(path), message: inLines(message) })),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  });
}
