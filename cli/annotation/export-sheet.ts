import type { Json } from '../../schema/contracts/json.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface ExportSheetOptions {
  readonly sample?: number;
  readonly seed?: string;
  /** A judge, `name[@version]`. */
  readonly for?: string;
  readonly name?: string;
}

/**
 * `annotation export RUN`: a CSV sheet of outputs to label. It shows neither variants nor what a judge said, in an order
 * that the seed alone decides.
 */
export async function exportSheet(run: string, options: ExportSheetOptions, global: GlobalOptions): Promise<void> {
  const { sample, seed, name, for: judge } = options;
  await withStack(global, async ({ sluice }) => {
    const sheet = await sluice.annotations.sheet.query({
      run,
      ...(sample === undefined ? {} : { sample }),
      ...(seed === undefined ? {} : { seed }),
      ...(name === undefined ? {} : { name }),
      ...(judge === undefined ? {} : { judge }),
    });
    if (global.json) return console.log(JSON.stringify(sheet));
    const lines = sheet.subjects.map(({ subject, exampleId, input, expected, output }) => {
      const shown = [exampleId, textOf(input), expected === null ? '' : textOf(expected), textOf(output)];
      return [subject, ...shown.map(harmless), sheet.name ?? '', '', ''].map(quote).join(',');
    });
    process.stdout.write(`subject,example_id,input,expected,output,name,label,comment\n${lines.join('\n')}\n`);
    if (sheet.more > 0) {
      console.error(`${formatCount(sheet.more)} more are left: label and push these, then export again`);
    }
    if (lines.length === 0) console.error('nothing is left to label: no such output, or all are labelled by you');
  });
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A cell that begins like a formula would be run by a spreadsheet: outputs are not ours. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quote(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
