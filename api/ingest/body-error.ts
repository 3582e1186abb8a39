import type { FastifyError } from 'fastify';
import { SluiceError } from '../../schema/errors.ts';

/** What the server found wrong with a request before its route saw it, for the user; other errors as they are. */
export function bodyError(error: FastifyError): unknown {
  if (error instanceof SluiceError || error.statusCode === undefined || error.statusCode >= 500) return error;
  const isTooLarge = error.statusCode === 413;
  return new SluiceError({
    code: isTooLarge ? 'too_large' : 'invalid_input',
    message: isTooLarge ? 'the request body is too large' : `the request is not understood: ${error.message}`,
    fix: isTooLarge ? 'Send it in smaller portions.' : 'Send JSON, with content-type: application/json.',
  });
}
