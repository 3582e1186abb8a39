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
 * How long an answer takes that never came: longer than any call may, so that it counts as the bound of whatever range or threshold. Left
 * out instead, a variant that times out would look fast, and one arm would lose units that the other keeps.
 */
const neverMs = 3_600_000;

/**
 * The built-in metrics of one call, in their own unit; null = it has none. A call that fell back to control failed, and the variant never
 * answered it.
 */
export function valuesOfCall(call: MeasuredCall): Record<BuiltinMetric, number | null> {
  const failed = call.status === 'failed' || call.fellBack;
  return {
    errorRate: failed ? 1 : 0,
    latencyMs: failed ? neverMs : call.latencyMs,
    costUsd: call.costUsd,
    tokens:
      call.inputTokens === null && call.outputTokens === null
        ? null
        : (call.inputTokens ?? 0) + (call.outputTokens ?? 0),
    steps: call.steps,
  };
}
