import { SluiceError } from '../../../schema/errors.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

/**
 * The run of the caller's project, which must be an experiment: others have no trials to make.
 * @param verb What is asked for, e.g. "retried".
 * @throws {SluiceError} not_found, or conflict for a run of another kind
 */
export async function requireExperiment(ctx: SignedContext, runId: string, verb: string): Promise<RunRow> {
  const run = await requireRun(ctx, runId);
  if (run.kind === 'experiment') return run;
  throw new SluiceError({
    code: 'conflict',
    message: `run ${runId} is of kind ${run.kind}: only experiments can be ${verb}`,
    fix: `See it with \`sluice run get ${runId}\`.`,
  });
}
