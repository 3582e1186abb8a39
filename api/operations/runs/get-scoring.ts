import type { ScoringProgress } from '../../../schema/contracts/scoring.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { countScores } from '../../../store/scoring/count-scores.ts';
import { findScoring } from '../../../store/scoring/find-scoring.ts';
import type { SignedContext } from '../../context.ts';

/** How far a scoring is. @throws {SluiceError} not_found */
export async function getScoring({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string };
}): Promise<ScoringProgress> {
  const scoring = await findScoring(ctx.db, ctx.principal.projectId, input.id);
  if (!scoring) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no scoring "${input.id}"`,
      fix: 'Its id is in the answer of `sluice run score ID --evaluator NAME --json`.',
    });
  }
  const { toScore, scored, errors, costUsd } = await countScores(ctx.db, scoring.id);
  return {
    id: scoring.id,
    runId: scoring.runId,
    status: scoring.status,
    evaluators: scoring.evaluators.map(({ config, version }) => ({ name: config.name, version })),
    toScore,
    scored,
    errors,
    costUsd: costUsd > 0 ? costUsd : null,
    elapsedMs: (scoring.finishedAt?.getTime() ?? Date.now()) - scoring.createdAt.getTime(),
    error: scoring.error,
  };
}
