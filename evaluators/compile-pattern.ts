import { RE2JS, RE2JSSyntaxException } from 're2js';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';

/**
 * Compiles a pattern in RE2 syntax: it runs in time linear in the text, so that no pattern and no output can hold
 * up a worker.
 * @throws SluiceError invalid_input naming the evaluator, its field and the position.
 */
export function compilePattern(
  pattern: string,
  place: { evaluator: string; field: string; ignoreCase?: boolean },
): RE2JS {
  try {
    return RE2JS.compile(pattern, place.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    const syntax = error instanceof RE2JSSyntaxException ? error : undefined;
    const culprit = syntax?.getPattern() ?? '';
    // The parser names the piece it stumbled over, or the whole pattern.
    const at = culprit === '' || culprit === pattern ? -1 : pattern.indexOf(culprit);
    const position = at === -1 ? '' : ` at character ${at + 1}`;
    const why = syntax?.getDescription() ?? (error instanceof Error ? error.message : String(error));
    const message = `evaluator ${place.evaluator}: ${place.field} does not compile${position}: ${why} in ${quoteText(pattern)}`;
    throw new SluiceError({
      code: 'invalid_input',
      message,
      fix: 'use RE2 syntax: no look-around, no back-references, repeat counts up to 1000',
      details: [{ path: place.field, message }],
      cause: error,
    });
  }
}
