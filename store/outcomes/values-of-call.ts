import type { BuiltinMetric } from '../../schema/contracts/words.ts';

export interface MeasuredCall {
  status: 'succeeded' | 'failed';
  fellBack: boolean;
  latencyMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  costUsd: number | null;
  steps: number | null;
}

/**
 * The built-in metrics of one call, in their own unit; null = it has none. A call that fell back to control failed; its latency is that
 * of no answer of the variant's.
 */
export function valuesOfCall(call: MeasuredCall): Record<BuiltinMetric, number | null> {
  const failed = call.status === 'failed' || call.fellBack;
  return {
    errorRate: failed ? 1 : 0,
    latencyMs: failed ? null : call.latencyMs,
    costUsd: call.costUsd,
    tokens:
      call.inputTokens === null && call.outputTokens === null
        ? null
        : (call.inputTokens ?? 0) + (call.outputTokens ?? 0),
    steps: call.steps,
  };
}
