import type { AgreementResult } from '../../../schema/contracts/result.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import type { SignedContext } from '../../context.ts';

/** How far a version of a judge (the newest when none is named) agrees with people. */
export async function measureAgreement({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: {
    judge: { name: string; version: number | 'latest' };
    label?: string | undefined;
    threshold?: number | undefined;
    confidence: number;
  };
}): Promise<AgreementResult> {
  const { projectId } = ctx.principal;
  const { versionId } = await findEvaluatorVersion(ctx.db, { projectId, ...input.judge });
  const { label, threshold, confidence } = input;
  return ctx.analyst.run('measureJudge', { projectId, versionId, label, threshold, confidence });
}
