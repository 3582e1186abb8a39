import { describe, expect, it } from 'vitest';
import type { Json } from '../../schema/contracts/json.ts';
import { agentOf, callOnce } from './agent-call.ts';

const replay = (path: string, metadata: Record<string, Json>) =>
  callOnce({ adapter: 'replay', path }, { call: { example: { id: 'e7', metadata } } });

describe('a replay agent', () => {
  it('answers what was recorded, in no time', async () => {
    const recorded = { '6b_finetuning': { solution: 'A: 26' } };
    expect(await replay('metadata.recorded.6b_finetuning.solution', { recorded })).toEqual({
      ok: true,
      output: 'A: 26',
      latencyMs: 0,
    });
    expect(await replay('metadata.recorded["6b_finetuning"]', { recorded })).toMatchObject({
      output: { solution: 'A: 26' },
    });
  });

  it('says which example has no recording, and what is there', async () => {
    expect(await replay('metadata.recorded.b6', { recorded: { b7: 'x' } })).toEqual({
      ok: false,
      errorClass: 'no_recording',
      retryable: false,
      latencyMs: 0,
      message:
        'example e7 has no recorded output: nothing at `metadata.recorded.b6`: `metadata.recorded` has the keys b7',
    });
    expect(await replay('metadata.b6', { b6: null })).toMatchObject({ errorClass: 'no_recording' });
  });

  it('is always reachable', async () => {
    expect(await agentOf({ adapter: 'replay', path: 'metadata.a' }).probe()).toBeNull();
  });
});
