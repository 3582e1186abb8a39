import { SluiceError } from '../../../schema/errors.ts';
import { findRun, type RunRow } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';

/** The run of the caller's project. @throws {SluiceError} not_found */
export async function requireRun(ctx: SignedContext, runId: string): Promise<RunRow> {
  const run = await findRun(ctx.db, ctx.principal.projectId, runId);
  if (run) return run;
  throw new SluiceError({
    code: 'not_found',
    message: `there is no run "${runId}"`,
    fix: 'See the runs with `sluice run list`.',
  });
}
