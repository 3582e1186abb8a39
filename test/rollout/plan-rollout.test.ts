import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';
import { pushSupportBot, rolloutSpec } from './use-rollout.ts';

const stack = await useTestStack({ workers: 0 });
const { db, keys, sluice, url } = stack;
beforeAll(() => pushSupportBot(stack));

const clearing = (maxDuration: string, margin = 0.05): Partial<RolloutSpec> => ({
  metrics: [{ ...(rolloutSpec().metrics?.[0] as NonNullable<RolloutSpec['metrics']>[number]), margin }],
  stages: [
    { traffic: 0.1, minDuration: '1h', minSamples: 100 },
    { traffic: 0.5, minDuration: '1h', minSamples: 200, maxDuration, require: 'clear' },
  ],
  traffic: { unitsPerDay: 2_400 },
});
const plan = (more: Partial<RolloutSpec> = {}) => sluice.runs.planRollout.mutate({ spec: rolloutSpec(more) });

describe('the plan of a rollout', () => {
  it('tells versions, durations at the declared traffic, approvers and how often it alarms falsely; starts nothing', async () => {
    const preview = await plan({ ...clearing('7d'), approvals: { stages: { '2': 2 }, promote: 1 } });
    expect(preview).toMatchObject({
      plan: { controlVersion: 1, candidates: [{ version: 2 }] },
      traffic: { unitsPerDay: 2_400, source: 'declared' },
      falseAlarms: { harmAlpha: 0.05, k: 1, confidence: 0.9 },
      warnings: [],
    });
    const [first, second] = preview.stages;
    // A hundred units of a tenth of a hundred an hour.
    expect(first).toMatchObject({ stage: 1, share: 0.1, approvals: 0, expectedMs: 10 * 3_600_000, clear: [] });
    expect(second).toMatchObject({ stage: 2, approvals: 2, requireClear: true });
    const units = second?.clear[0]?.units ?? 0;
    expect(units).toBeGreaterThan(1_000);
    expect(second?.expectedMs).toBeCloseTo((units / 2_400) * 86_400_000, -4);
    expect(await db.selectFrom('run').select('id').execute()).toEqual([]);
  });

  it('refuses guardrails that need to know control where nothing is known of it, and says what to do', async () => {
    const nothing = await refusalOf(plan({ metrics: undefined }));
    expect(nothing.message).toMatch(
      /^metrics: none are listed, and the default guardrails .* need to know version 1 of agent support-bot/,
    );
    expect(nothing.fix).toContain('requires: { experiment: passed }');
    const latency = await refusalOf(plan({ metrics: [{ metric: 'latencyMs', guardrail: true }] }));
    expect(latency.message).toContain('metrics[0].cap: nothing is known of the largest values of latencyMs');
    const declared = await plan({ metrics: [{ metric: 'latencyMs', guardrail: true, cap: 5_000 }] });
    expect(declared.plan.metrics[0]).toMatchObject({ range: [0, 5_000], thresholdMs: null });
  });

  it('takes its default guardrails, caps and thresholds from calls of the last 30 days', async () => {
    const { id: agentId } = await db.selectFrom('agent').select('id').executeTakeFirstOrThrow();
    await sql`
      insert into agent_call (id, project_id, agent_id, variant, version, revision, trace_id, status, latency_ms, at, cost_usd)
      select 'c' || n, 'prj_default', ${agentId}, 'control', 1, 0, 't' || n, 'succeeded', n, now(), null
      from generate_series(1, 1000) as n`.execute(db);
    const { plan: planned } = await plan({ metrics: undefined });
    // Nothing is known of its cost, which its answers do not tell: a guardrail that never has a value would hold the rollout for ever.
    expect(planned.metrics.map(({ name }) => name)).toEqual(['errorRate', 'latencyMs']);
    expect(planned.metrics[1]?.thresholdMs).toBeCloseTo(950, -1);
    expect(planned.metrics[1]).toMatchObject({ anchor: 0.95, anchorKnown: true });
    await db.deleteFrom('agent_call').execute();
  });

  it('refuses a clear that the traffic cannot reach before maxDuration, and one without a margin', async () => {
    const late = await refusalOf(plan(clearing('1d')));
    expect(late.code).toBe('invalid_input');
    expect(late.message).toMatch(
      /^stages\[1\]\.require: resolved cannot be shown to be clear before maxDuration \(24\.0 h\): about \d+ units are needed, and at 2400 a day [\d.]+ h go by$/,
    );
    expect(await plan({ ...clearing('1d', 0.2) })).toMatchObject({ stages: [{}, { requireClear: true }] });
    const spec = rolloutSpec({ stages: [{ traffic: 0.5, require: 'clear' }] });
    for (const call of [sluice.runs.planRollout.mutate({ spec }), sluice.runs.start.mutate({ spec })]) {
      expect((await refusalOf(call)).message).toBe(
        'stages[0].require: the guardrail resolved has no margin, so that it can never be shown to be clear',
      );
    }
  });

  it('warns of what nobody knows, of samples that do not come in time, and of automation that decides alone', async () => {
    const { warnings, expectedMs } = await plan({ stages: [{ traffic: 0.5 }] });
    expect(expectedMs).toBeNull();
    expect(warnings.join('\n')).toMatch(/^nobody knows how many units come/);
    expect(warnings.join('\n')).toMatch(/automation alone decides/);
    const slow = await plan({ stages: [{ traffic: 0.05, maxDuration: '1d' }], traffic: { unitsPerDay: 100 } });
    expect(slow.warnings[0]).toBe(
      'stage 1: 200 units of the candidate take 40.0 days at this traffic, longer than its maxDuration of 24.0 h: then the policy answers roll_back',
    );
  });

  it('reads as tables in a terminal', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'sluice-')), 'rollout.yaml');
    writeFileSync(file, JSON.stringify(rolloutSpec(clearing('7d'))));
    const env = { SLUICE_URL: url, SLUICE_API_KEY: keys.engineer };
    const { exitCode, stdout } = await runCli(['plan', file], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^support-bot-v2\nagent {7}support-bot: version 2 against 1, which is in production\n/);
    expect(stdout).toMatch(/\n2 +50 % +1 h 0 min +\d+ h \d+ min|\n2 +50 % .* resolved: [\d,]+/);
    expect(stdout).toMatch(/resolved +guardrail +outcome, higher +0 to 1 +0\.7 +0\.05 +0/);
    const wrong = await runCli(['plan', file, '--limit', '5'], { env });
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('--limit is for experiments')]);
  });
});
