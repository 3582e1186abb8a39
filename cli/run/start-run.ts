import { randomUUID } from 'node:crypto';
import { toSluiceError } from '../../client/to-sluice-error.ts';
import { SluiceError } from '../../schema/errors.ts';
import { type Stack, withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { ReadSpec } from '../spec/read-spec.ts';
import { exitCode, exitCodes, type OnInconclusive } from './exit-code.ts';

export interface StartOptions {
  readonly watch?: boolean;
  readonly limit?: number;
  readonly idempotencyKey?: string;
  /** Beside those of the spec. */
  readonly tag?: readonly string[];
  /** With `watch`: where the report for a pull request goes. */
  readonly markdown?: string;
  readonly onInconclusive?: OnInconclusive;
}

/** `run start FILE`. @returns the exit code */
export async function startRun(file: string, options: StartOptions, global: GlobalOptions): Promise<number> {
  if (options.markdown !== undefined && !options.watch) {
    throw new SluiceError({
      code: 'invalid_input',
      message: '--markdown goes with --watch: there is nothing to report before the run has ended',
      fix: 'Add --watch; or write the report later: `sluice gate check ID --markdown FILE`.',
    });
  }
  // Read while the client is loaded.
  const reading = import('../spec/read-spec.ts').then(({ readAnySpec }) => readAnySpec(file));
  reading.catch(() => {});
  return withStack(global, async (stack) => {
    const read = await reading;
    if (!('rollout' in read)) return startSpec(stack, read, { ...options, json: global.json });
    const { startRollout } = await import('../rollout/start-rollout.ts');
    return startRollout(stack, read, { ...options, json: global.json });
  });
}

/** Pushes the data file that the spec names, if it does, and starts the run. @returns the exit code */
export async function startSpec(
  stack: Stack,
  { spec, dataset, file, path }: ReadSpec,
  options: StartOptions & { readonly json: boolean },
): Promise<number> {
  const { json } = options;
  const notes = json ? process.stderr : process.stdout;
  if (dataset) {
    const { pushSpecDataset } = await import('../spec/spec-dataset.ts');
    const { describePush } = await import('../dataset/describe-push.ts');
    const { reference, info } = await pushSpecDataset(stack, dataset, path).catch(async (error) => {
      const { placeError } = await import('../spec/place-error.ts');
      throw placeError(toSluiceError(error, stack.url), file, dataset);
    });
    spec.dataset = reference;
    notes.write(`${describePush(info)}\n`);
  }
  if (options.tag) spec.tags = [...new Set([...(spec.tags ?? []), ...options.tag])];
  const { id, name, created } = await stack.sluice.runs.start
    .mutate({
      spec,
      limit: options.limit,
      // The request may be sent again when an answer is lost: with a key of its own it starts one run all the same.
      idempotencyKey: options.idempotencyKey ?? randomUUID(),
    })
    .catch(async (error) => {
      const { placeError } = await import('../spec/place-error.ts');
      throw placeError(toSluiceError(error, stack.url), file, dataset);
    });
  const started = created ? `started ${id}` : `started earlier with this key: ${id}`;
  if (!options.watch) {
    if (json) process.stdout.write(`${JSON.stringify(await stack.sluice.runs.get.query({ id }))}\n`);
    else notes.write(`${started} ; watch it: ${stack.again(`run watch ${id}`)}\n`);
    return exitCodes.done;
  }
  notes.write(`${started} (${name})\n`);
  const { watchRun } = await import('./watch-run.ts');
  const result = await watchRun(stack, id, notes);
  const { printResult } = await import('./print-result.ts');
  if (options.markdown !== undefined || result.verdict === 'inconclusive') {
    const { finishReport } = await import('../report/finish-report.ts');
    await finishReport(stack, result, options);
  }
  await printResult(stack, result, { json });
  return exitCode(result, options.onInconclusive);
}
