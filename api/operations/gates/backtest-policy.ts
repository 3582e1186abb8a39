import type { Backtest } from '../../../schema/contracts/backtest.ts';
import type { GatePolicy } from '../../../schema/contracts/gate.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { listJudgedRuns } from '../../../store/runs/list-judged-runs.ts';
import type { SignedContext } from '../../context.ts';

/**
 * Says what a policy would have said of past runs. Read and judged run by run in the analysis thread, so that others
 * wait for one run at most.
 * @throws {SluiceError} not_found when there is no completed run
 */
export async function backtestPolicy({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { policy: GatePolicy; name?: string | undefined; runs: number };
}): Promise<Backtest> {
  const { policy, name } = input;
  const past = await listJudgedRuns(ctx.db, { projectId: ctx.principal.projectId, name, limit: input.runs });
  if (past.length === 0) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no completed run${name === undefined ? '' : ` named "${name}"`} to judge`,
      fix: 'See the runs with `sluice run list --status completed`.',
    });
  }
  const answer: Backtest = { runs: [], counts: { pass: 0, fail: 0, inconclusive: 0 }, changed: 0 };
  for (const { id: runId, plan, planHash, result, ...run } of past) {
    const judged = await ctx.analyst.run('rejudgeRun', { runId, plan, planHash, policy });
    const decided =
      result?.verdict != null && result.action !== null ? { verdict: result.verdict, action: result.action } : null;
    answer.runs.push({ id: runId, name: run.name, createdAt: run.createdAt.toISOString(), decided, ...judged });
    answer.counts[judged.verdict] += 1;
    if (decided?.verdict !== judged.verdict) answer.changed += 1;
  }
  return answer;
}
