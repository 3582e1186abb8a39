import { randomUUID } from 'node:crypto';
import { toSluiceError } from '../../client/to-sluice-error.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { Stack } from '../connect.ts';
import { exitCode, exitCodes, type OnInconclusive } from '../run/exit-code.ts';

/** `run start FILE` of a rollout. @returns the exit code */
export async function startRollout(
  stack: Stack,
  { rollout, file }: { rollout: RolloutSpec; file: string },
  options: { watch?: boolean; idempotencyKey?: string; onInconclusive?: OnInconclusive; json: boolean },
): Promise<number> {
  const notes = options.json ? process.stderr : process.stdout;
  const { id, name, created } = await stack.sluice.runs.start
    .mutate({ spec: rollout, idempotencyKey: options.idempotencyKey ?? randomUUID() })
    .catch(async (error) => {
      const { placeError } = await import('../spec/place-error.ts');
      throw placeError(toSluiceError(error, stack.url), file, undefined);
    });
  const started = created ? `started ${id}` : `started earlier with this key: ${id}`;
  if (!options.watch) {
    if (options.json) process.stdout.write(`${JSON.stringify(await stack.sluice.runs.get.query({ id }))}\n`);
    else notes.write(`${started} ; watch it: ${stack.again(`run watch ${id}`)}\n`);
    return exitCodes.done;
  }
  notes.write(`${started} (${name})\n`);
  const { watchRun } = await import('../run/watch-run.ts');
  const result = await watchRun(stack, id, notes);
  const { printResult } = await import('../run/print-result.ts');
  await printResult(stack, result, { json: options.json });
  return exitCode(result, options.onInconclusive);
}
