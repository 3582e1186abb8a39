import pc from 'picocolors';

interface Explained extends Error {
  readonly code: string;
  readonly fix?: string;
  readonly details?: readonly { path: string; message: string }[];
}

/** `SluiceError`, `ConfigError`, and what the client makes of an answer: errors that were written for a reader. */
function isExplained(error: unknown): error is Explained {
  return error instanceof Error && ['SluiceError', 'ConfigError'].includes(error.name) && 'code' in error;
}

const inputCodes = new Set(['invalid_input', 'not_found', 'too_large']);

export interface PrintErrorOptions {
  readonly json: boolean;
  /** `SLUICE_DEBUG`: print the stack of an unexpected error. */
  readonly debug: boolean;
}

/** Prints an error for a person on stderr (with `json` also for a program on stdout); returns the exit code. */
export function printError(error: unknown, { json, debug }: PrintErrorOptions): 1 | 2 {
  const colors = pc.createColors(pc.isColorSupported && process.stderr.isTTY === true);
  const explained = isExplained(error);
  const message = explained ? error.message : `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const fix = explained ? error.fix : 'run again with SLUICE_DEBUG=1 to see where it comes from';
  console.error(`${colors.red('error:')} ${message}`);
  for (const detail of explained ? (error.details ?? []) : []) {
    // Most messages name their details themselves.
    if (!message.includes(detail.message)) console.error(`  ${detail.path}: ${detail.message}`);
  }
  if (fix) console.error(`${colors.cyan('fix:')} ${fix}`);
  if (debug) console.error(error);
  const code = explained ? error.code : 'internal';
  if (json) {
    const details = explained ? error.details : undefined;
    console.log(JSON.stringify({ error: { code, message, ...(fix && { fix }), ...(details?.length && { details }) } }));
  }
  return inputCodes.has(code) ? 2 : 1;
}
