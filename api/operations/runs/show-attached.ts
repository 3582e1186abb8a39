import type { RunResult } from '../../../schema/contracts/result.ts';
import type { AttachedResult } from '../../../schema/contracts/scoring.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import type { Store } from '../../../store/open-database.ts';
import { listAttached } from '../../../store/scoring/list-attached.ts';

/**
 * The result with what attached evaluators measured beside it. The result itself is frozen with its decision: verdict,
 * reasons, criteria and evidence are what they were, and nothing of this decides anything.
 */
export async function showAttached(db: Store, result: RunResult): Promise<RunResult> {
  if (!isFinal(result.status)) return result;
  const attached = latestOf((await listAttached(db, result.id)).flatMap((one) => one.result ?? []));
  if (attached.length === 0) return result;
  const told = new Set(result.failures.map(({ variant, errorClass }) => `${variant}/${errorClass}`));
  return {
    ...result,
    attached: attached.flatMap(({ evaluators }) => evaluators),
    metrics: [...result.metrics, ...attached.flatMap(({ metrics }) => metrics)],
    comparisons: [...result.comparisons, ...attached.flatMap(({ comparisons }) => comparisons)],
    failures: [
      ...result.failures,
      ...attached
        .flatMap(({ failures }) => failures)
        .filter(({ variant, errorClass }) => !told.has(`${variant}/${errorClass}`)),
    ],
    warnings: [...result.warnings, ...attached.flatMap(({ warnings }) => warnings)],
  };
}

/** Of an evaluator that was asked again, because judgements of it broke, only what it said last. */
function latestOf(results: AttachedResult[]): AttachedResult[] {
  const last = new Map(
    results.flatMap(({ evaluators }, index) => evaluators.map(({ name }) => [name, index] as const)),
  );
  return results.map((result, index) => {
    const isLast = (name: string) => last.get(name) === index;
    const evaluators = result.evaluators.filter(({ name }) => isLast(name));
    return {
      evaluators,
      metrics: result.metrics.filter(({ metric }) => isLast(metric)),
      comparisons: result.comparisons.filter(({ metric }) => isLast(metric)),
      failures: result.failures.filter(({ errorClass }) => isLast(errorClass.replace(/^evaluator /, ''))),
      warnings: evaluators.length === result.evaluators.length ? result.warnings : [],
    };
  });
}
