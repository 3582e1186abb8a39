import { toSluiceError } from '../../client/to-sluice-error.ts';
import { SluiceError } from '../../schema/errors.ts';

/** The error that a call of the client, or of a room, ended with; fails when it went well or broke otherwise. */
export async function refusalOf(call: Promise<unknown>): Promise<SluiceError> {
  const reason = await call.then(
    (answer) => new Error(`expected a refusal, got ${JSON.stringify(answer)}`),
    (error) => toSluiceError(error, 'the API'),
  );
  if (reason instanceof SluiceError) return reason;
  throw reason;
}
