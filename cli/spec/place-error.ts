import { SluiceError } from '../../schema/errors.ts';
import type { SpecDataset } from './spec-dataset.ts';

/**
 * An error over what a spec says, with the place: the file is named, and where the spec names a data file, options of
 * `dataset push` become the words of the spec. Other errors are given back as they are.
 */
export function placeError(error: unknown, file: string, dataset: SpecDataset | undefined): unknown {
  if (!(error instanceof SluiceError)) return error;
  if (error.code !== 'invalid_input' && error.code !== 'not_found') return error;
  return new SluiceError({
    code: error.code,
    message: error.message.startsWith(file) ? error.message : `${file}: ${error.message}`,
    fix: dataset && error.fix ? mapInSpec(error.fix, dataset) : error.fix,
    details: error.details,
    cause: error,
  });
}

/** `--map input=question` as `map: { input: question }`. */
function mapInSpec(fix: string, dataset: SpecDataset): string {
  const pairs = [...fix.matchAll(/--map (\w+)=([^\s`]*[^\s`.,;])/g)];
  if (pairs.length === 0) return fix;
  const map = { ...dataset.map, ...Object.fromEntries(pairs.map(([, to, from]) => [to, from])) };
  const entries = Object.entries(map).map(([to, from]) => `${to}: ${from}`);
  return `Say in the spec which column it is: \`dataset: { file: ${dataset.file}, map: { ${entries.join(', ')} } }\`.`;
}
