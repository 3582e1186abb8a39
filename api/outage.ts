import { SluiceError } from '../schema/errors.ts';

/** True for errors of a lost, refused or restarting Postgres. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return /^(ECONN|EPIPE|ETIMEDOUT|08|53|57P)/.test(code);
  return /connection terminated|timeout exceeded when trying to connect/i.test(error.message);
}

/** What the user reads of it. */
export function outage(cause: unknown): SluiceError {
  return new SluiceError({
    code: 'unavailable',
    message: 'the database does not answer',
    fix: 'It is being restarted, or `sluice doctor` tells what is wrong. The command can be repeated.',
    cause,
  });
}
