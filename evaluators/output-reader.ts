import type { Judged } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { describeMissing, parseJsonPath, readJsonPath } from '../schema/json-path.ts';

export interface OutputReader {
  /** The part of the output to judge; undefined when it is not there. */
  read(output: Json): Json | undefined;
  /** The judgement when it is not there: the output has the wrong shape. */
  missing(output: Json): Judged;
}

/**
 * Reads `path` of outputs, or the whole output without one.
 * @throws SluiceError invalid_input naming the evaluator when the path does not parse.
 */
export function outputReader(config: { name: string; path?: string | undefined }): OutputReader {
  if (config.path === undefined) {
    return { read: (output) => output, missing: () => ({ score: 0, explanation: 'no output' }) };
  }
  const path = parsePath(config.name, config.path);
  return {
    read: (output) => readJsonPath(output, path),
    missing: (output) => ({ score: 0, explanation: `found ${describeMissing(output, path)}` }),
  };
}

function parsePath(name: string, text: string) {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const message = `evaluator ${name}: ${error.message}`;
    throw new SluiceError({ code: 'invalid_input', message, ...(error.fix ? { fix: error.fix } : {}), cause: error });
  }
}
