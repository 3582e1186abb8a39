import { expect, it } from 'vitest';
import { toSluiceError } from '../../client/to-sluice-error.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice, url } = await useTestStack({ workers: 0 });

it('a program that misspells a key in a spec hears where, and which key is near', async () => {
  const spec = { ...experimentSpec({}), concurency: 4 };
  const error = await sluice.runs.start.mutate({ spec }).catch((reason) => toSluiceError(reason, url));
  expect(error).toMatchObject({
    code: 'invalid_input',
    message: 'spec: concurency: unknown key; did you mean "concurrency"?',
  });
});
