import type { ServedCall } from './create-gateway.ts';

/** What every answer tells: who answered, the trace, and what did not go as planned. */
export function answerHeaders(call: ServedCall, unit: string | null): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'x-sluice-variant': call.variant,
    'x-sluice-version': call.version,
    'x-sluice-trace': call.traceId,
  };
  if (unit === null) headers['x-sluice-unit'] = 'none';
  if (call.fellBack) headers['x-sluice-fell-back-from'] = call.assigned;
  // The clients of OpenAI try again by themselves, unless told otherwise.
  if (call.mayNotRepeat) headers['x-should-retry'] = 'false';
  return headers;
}
