import { randomBytes, randomUUID } from 'node:crypto';
import type { AgentCall } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';

/** A call that an evaluator makes: of no trial, with a key of its own, so that repetitions are not taken for retries. */
export function judgeCall(evaluator: string, input: Json, bare = false): AgentCall {
  return {
    input,
    example: { id: `(asked by evaluator ${evaluator})`, metadata: {} },
    context: { runId: '', trialId: randomUUID(), variant: '', repetition: 0, shadow: false },
    ...(bare ? { bare } : {}),
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  };
}
