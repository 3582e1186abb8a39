import { SluiceError } from '../../schema/errors.ts';

/** A mistake in a data file: `qa.csv line 20: …`. `line` counts from 1; null = the file as a whole. */
export function fileError(input: {
  file: string;
  line: number | null;
  message: string;
  fix: string;
  tooLarge?: boolean;
}) {
  return new SluiceError({
    code: input.tooLarge ? 'too_large' : 'invalid_input',
    message: `${input.file}${input.line === null ? '' : ` line ${input.line}`}: ${input.message}`,
    fix: `${input.fix} Nothing was changed.`,
  });
}
