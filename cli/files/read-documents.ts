import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { SluiceError } from '../../schema/errors.ts';
import { requireFile } from './require-file.ts';

/** Largest YAML or JSON file, in bytes: specs are pages, not data. */
const limitBytes = 4_194_304;

/**
 * The documents of a YAML or JSON file, without the empty ones.
 *
 * @throws {SluiceError} with line and column of a mistake in the syntax
 */
export function readDocuments(file: string): unknown[] {
  const { shown, path, bytes } = requireFile(file);
  if (bytes > limitBytes) {
    throw new SluiceError({
      code: 'too_large',
      message: `${shown}: found ${bytes} bytes, expected a YAML or JSON file of at most ${limitBytes}`,
      fix: 'Is it the data instead of the spec? Data goes by `sluice dataset push NAME FILE`.',
    });
  }
  const content = readFileSync(path);
  if (content.includes(0)) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: found a binary file, expected YAML or JSON in UTF-8`,
      fix: 'Give the text file.',
    });
  }
  const documents = parseAllDocuments(content.toString('utf8').replace(/^\uFEFF/, ''), { logLevel: 'silent' });
  const values: unknown[] = [];
  for (const document of documents) {
    const [mistake] = document.errors;
    if (mistake) throw syntaxError(shown, mistake);
    const value = toValue(shown, document);
    if (value !== null && value !== undefined) values.push(value);
  }
  if (values.length > 0) return values;
  throw new SluiceError({
    code: 'invalid_input',
    message: `${shown}: holds no YAML or JSON document (only comments or blank lines)`,
    fix: 'See examples/ for one to start from.',
  });
}

/** The one document of a file. @throws {SluiceError} when there are several */
export function readDocument(file: string): unknown {
  const [document, ...more] = readDocuments(file);
  if (more.length === 0) return document;
  throw new SluiceError({
    code: 'invalid_input',
    message: `${file}: found ${more.length + 1} documents (separated by ---), expected one`,
    fix: 'Put each into a file of its own.',
  });
}

function toValue(shown: string, document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: ${(error as Error).message}`,
      fix: 'Write the values out instead of referring to them.',
    });
  }
}

function syntaxError(
  shown: string,
  mistake: { message: string; linePos?: [{ line: number; col: number }, ...unknown[]] },
) {
  // The library's message ends in " at line 3, column 5:" and the line with a mark below it.
  const [first = '', ...rest] = mistake.message.split('\n');
  const [start] = mistake.linePos ?? [];
  const place = start ? ` line ${start.line}, column ${start.col}` : '';
  const excerpt = rest.filter((line) => line.trim() !== '').slice(0, 2);
  return new SluiceError({
    code: 'invalid_input',
    message: [`${shown}${place}: ${first.replace(/ at line \d+, column \d+:?$/, '')}`, ...excerpt].join('\n  '),
    fix: 'Correct the YAML there (indentation, quotes, a colon followed by a space). Nothing was changed.',
  });
}
