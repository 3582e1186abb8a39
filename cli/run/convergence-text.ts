import type { MetricResult } from '../../schema/contracts/result.ts';

/**
 * How variants came to their answers, one line per metric of steps: `steps_to_answer: control converged in 40 of 40
 * trials (1.00 of the optimum), candidate in 31 of 40 (0.74); optimum 3.2 steps; never converged counts as 8`.
 */
export function convergenceLines(metrics: readonly MetricResult[]): string[] {
  const steps = metrics.filter(({ convergence }) => convergence !== undefined);
  return [...Map.groupBy(steps, ({ metric }) => metric)].map(([metric, variants]) => {
    const each = variants.map(({ variant, n, convergence }, index) => {
      const near = convergence?.efficiency?.toFixed(2) ?? 'unknown';
      const words = index === 0 ? ' trials' : '';
      return `${variant} ${index === 0 ? 'converged ' : ''}in ${convergence?.converged} of ${n}${words} (${near}${index === 0 ? ' of the optimum' : ''})`;
    });
    const [first] = variants;
    const { optimum = null, horizon = null } = first?.convergence ?? {};
    const facts = [
      optimum === null ? 'nobody converged, so there is no optimum' : `optimum ${optimum.toFixed(1)} steps`,
      ...(horizon === null ? [] : [`never converged counts as ${horizon}`]),
    ];
    return `${metric}: ${each.join(', ')}; ${facts.join('; ')}`;
  });
}
