/** The closed set of things that can go wrong, as a caller sees them. */
export const errorCodes = [
  'invalid_input',
  'not_found',
  'conflict',
  'unauthorized',
  'forbidden',
  'too_large',
  'unavailable',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One place in the input that is wrong: `path` as a reader writes it, e.g. `gate.criteria[0].metric`. */
export interface ErrorDetail {
  path: string;
  message: string;
}

export interface SluiceErrorOptions {
  code: ErrorCode;
  /** What happened, where, what was found and what was expected. Read by the user. */
  message: string;
  /** What to do about it. Read by the user. */
  fix?: string;
  details?: ErrorDetail[];
  /** For the log only. */
  cause?: unknown;
}

/**
 * The only error meant for a user. Everything else that is thrown is a defect or an infrastructure failure, and
 * is shown as `internal` without its text.
 */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly code: ErrorCode;
  readonly fix: string | undefined;
  readonly details: ErrorDetail[];

  constructor(options: SluiceErrorOptions) {
    super(options.message, { cause: options.cause });
    this.code = options.code;
    this.fix = options.fix;
    this.details = options.details ?? [];
  }
}
