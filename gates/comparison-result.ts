import type { ComparisonResult } from '../schema/contracts/result.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import type { NotedComparison } from './comparison-bench.ts';
import { judgeCriterion, missingClause } from './judge-criterion.ts';

/** A comparison as outside programs read it. Without a criterion of its own its verdict is that of `no_regression`. */
export function comparisonResult(
  { comparison, verdicts, reasons }: NotedComparison,
  control: string,
): ComparisonResult & { quantile?: 0.5 | 0.95 } {
  const { request, interval, reason, missing, flaky } = comparison;
  const gaps = missing.control + missing.candidate > 0;
  const why = [
    ...(interval === null && reason !== null ? [reason] : []),
    ...(gaps ? [missingClause(comparison, 0)] : []),
    ...reasons,
  ];
  return {
    metric: request.metric.name,
    candidate: request.candidate,
    control,
    n: comparison.n,
    estimate: comparison.estimate,
    interval,
    pValue: comparison.pValue,
    test: comparison.test,
    improved: comparison.improved,
    regressed: comparison.regressed,
    verdict:
      verdicts.length === 0 ? judgeCriterion({ metric: request.metric.name }, comparison).verdict : worst(verdicts),
    scale: comparison.scale,
    confidence: request.confidence,
    ...(request.split === null ? {} : { split: request.split }),
    ...(request.slice === null ? {} : { slice: { ...request.slice } }),
    ...(flaky === null ? {} : { flaky }),
    ...(request.quantile === null ? {} : { quantile: request.quantile }),
    ...(why.length === 0 ? {} : { reason: why.join('; ') }),
  };
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}
