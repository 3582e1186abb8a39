import { readFileSync } from 'node:fs';
import { type CsvError, parse } from 'csv-parse/sync';
import { type AnnotationInput, annotationSchema } from '../../schema/contracts/annotation.ts';
import { fileError } from '../dataset/file-error.ts';
import { requireFile } from '../files/require-file.ts';

/** Labels of a file, and the line that each stands in. */
export interface LabelFile {
  annotations: AnnotationInput[];
  lines: number[];
  /** Rows without a label and without a score: not judged yet. */
  blank: number;
}

/** What a column may be called, by what it holds; the first is the one that sheets have. */
const columns = {
  subject: ['subject'],
  exampleId: ['example_id', 'exampleId', 'example id', 'example'],
  variant: ['variant'],
  repetition: ['repetition'],
  name: ['name'],
  label: ['label'],
  score: ['score'],
  explanation: ['comment', 'explanation'],
} as const;
type Field = keyof typeof columns;

/**
 * Labels of a CSV file with a header: `subject` (of a sheet) or `example_id` and `variant`, `label` or `score`, and where
 * wanted `name`, `repetition`, `comment`. Other columns are not looked at.
 * @param name for rows that do not say what is judged
 * @throws {SluiceError} naming file and line
 */
export function readLabels(shown: string, name: string | undefined): LabelFile {
  const file = requireFile(shown);
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(readFileSync(file.path), { bom: true, info: true, skip_empty_lines: true }) as never;
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    throw fileError({ file: shown, line: lines ?? null, message: `not CSV: ${message}`, fix: 'Correct that row.' });
  }
  const header = (rows.shift()?.record ?? []).map((cell) => cell.trim());
  const at = new Map<Field, number>();
  for (const [field, names] of Object.entries(columns) as [Field, readonly string[]][]) {
    const index = header.findIndex((cell) => names.includes(cell));
    if (index !== -1) at.set(field, index);
  }
  const wrong = whyWrongHeader(at);
  if (wrong !== null) {
    throw fileError({
      file: shown,
      line: 1,
      message: `${wrong}; found ${header.join(', ')}`,
      fix: 'Write the sheet with `sluice annotation export RUN`, and fill in the column `label`.',
    });
  }
  const result: LabelFile = { annotations: [], lines: [], blank: 0 };
  for (const { record, info } of rows) {
    const cell = (field: Field) => record[at.get(field) ?? -1]?.trim() || undefined;
    if (cell('label') === undefined && cell('score') === undefined) {
      result.blank++;
      continue;
    }
    // A sheet may keep the example beside the subject for people to find; the subject alone names the trial.
    const place =
      cell('subject') === undefined
        ? { exampleId: cell('exampleId'), variant: cell('variant'), repetition: numberOf(cell('repetition')) }
        : { subject: cell('subject') };
    const said = { label: cell('label'), score: numberOf(cell('score')), explanation: cell('explanation') };
    const whole = Object.entries({ ...place, name: cell('name') ?? name, ...said });
    const parsed = annotationSchema.safeParse(Object.fromEntries(whole.filter(([, value]) => value !== undefined)));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const nameless = cell('name') === undefined && name === undefined;
      throw fileError({
        file: shown,
        line: info.lines,
        message: nameless ? 'does not say what is judged' : `${issue?.path.join('.')} ${issue?.message}`.trim(),
        fix: nameless ? 'Add a column `name`, or give --name, e.g. the name of the judge.' : 'Correct that row.',
      });
    }
    result.annotations.push(parsed.data);
    result.lines.push(info.lines);
  }
  return result;
}

function whyWrongHeader(at: ReadonlyMap<Field, number>): string | null {
  if (!at.has('subject') && !(at.has('exampleId') && at.has('variant'))) {
    return 'the header has neither a column "subject" nor both "example_id" and "variant"';
  }
  return at.has('label') || at.has('score') ? null : 'the header has no column "label" and no column "score"';
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
