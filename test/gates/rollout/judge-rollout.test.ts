import { expect, test } from 'vitest';
import { judgeRollout, type RolloutEvidence } from '../../../gates/rollout/judge-rollout.ts';
import type { StratumCounts } from '../../../schema/contracts/rollout-look.ts';
import { count, resolved, rolloutPlan, stage, stratum } from './rollout-plan.ts';

function evidence(strata: StratumCounts[], more: Partial<RolloutEvidence> = {}): RolloutEvidence {
  return {
    stage: 0,
    elapsedMs: 3_600_000,
    disturbed: false,
    strata,
    shadow: [],
    sinceLastValueMs: { resolved: 0 },
    evaluatorErrors: {},
    confirmedEvents: {},
    droppedExposures: 0,
    ...more,
  };
}

/** `units` of each arm with the given share of successes. */
function seen(units: number, candidate: number, control: number, more: Partial<StratumCounts> = {}): StratumCounts {
  const counts = stratum(more);
  for (const [arm, rate] of [
    ['candidate', candidate],
    ['control', control],
  ] as const) {
    const good = Math.round(units * rate);
    count(counts, 'resolved', arm, 100, good);
    count(counts, 'resolved', arm, 0, units - good);
  }
  return counts;
}

const reasons = (look: { reasons: string[] }) => look.reasons.join('\n');

test('harm that is shown rolls back, with the difference, its interval and the units in a sentence', () => {
  const look = judgeRollout(rolloutPlan(), evidence([seen(1_000, 0.6, 0.7)]));
  expect(look.next).toBe('roll_back');
  expect(reasons(look)).toMatch(
    /^resolved: harm is shown: candidate −\d+\.\d points against control, 90 % interval −[\d.]+ points to −[\d.]+ points \(1000 units of candidate, 1000 of control\)$/,
  );
});

test('a policy may hold instead of rolling back', () => {
  expect(judgeRollout(rolloutPlan({ onHarm: 'hold' }), evidence([seen(1_000, 0.6, 0.7)])).next).toBe('hold');
});

test('a stage advances on samples, time and no harm, without proof of no harm', () => {
  const look = judgeRollout(rolloutPlan({ stages: [stage(0.5), stage(0.6)] }), evidence([seen(250, 0.7, 0.7)]));
  expect(look.guardrails[0]?.state).toBe('open');
  expect(look.next).toBe('advance');
});

test('a stage that requires clear waits for it, and says what is missing', () => {
  const plan = rolloutPlan({ stages: [stage(0.5, { requireClear: true })] });
  const early = judgeRollout(plan, evidence([seen(250, 0.7, 0.7)]));
  expect(early.next).toBe('wait');
  expect(reasons(early)).toContain('the stage requires clear, and resolved: neither harm nor its absence is shown');
  expect(judgeRollout(plan, evidence([seen(4_000, 0.7, 0.7)])).next).toBe('advance');
});

test('too few units, too little time: it waits and says of which', () => {
  const plan = rolloutPlan({ stages: [stage(0.5, { minDurationMs: 7_200_000 })] });
  const look = judgeRollout(plan, evidence([seen(100, 0.7, 0.7)]));
  expect(look.next).toBe('wait');
  expect(reasons(look)).toContain('the stage runs for 60 min of at least 120 min');
  expect(reasons(look)).toContain('resolved: low data (at least 200 units of candidate with a final value are needed)');
});

test.each([
  ['no data', [stratum({ exposures: { control: 500, candidate: 500 } })], {}, 'no_data'],
  ['stale data', [seen(500, 0.7, 0.7)], { sinceLastValueMs: { resolved: 7_200_000 } }, 'stale_data'],
  ['a failing evaluator', [seen(500, 0.7, 0.7)], { evaluatorErrors: { resolved: 0.5 } }, 'failing_evaluator'],
] as const)('%s is never success: it waits, and at maxDuration the policy answers', (_, strata, more, state) => {
  const plan = rolloutPlan({ onTimeout: 'advance', onNoData: 'hold' });
  const early = judgeRollout(plan, evidence([...strata], more));
  expect(early.guardrails[0]?.dataState).toBe(state);
  expect(early.next).toBe('wait');
  const late = judgeRollout(plan, evidence([...strata], { ...more, elapsedMs: 90_000_000 }));
  expect(late.next).toBe('hold');
});

test('at maxDuration it is the policy that answers, which shows nothing: harm is no matter of time', () => {
  const plan = rolloutPlan();
  const late = judgeRollout(plan, evidence([seen(100, 0.7, 0.7)], { elapsedMs: 90_000_000 }));
  expect(late).toMatchObject({ next: 'roll_back', timedOut: true });
  const harm = judgeRollout(plan, evidence([seen(4_000, 0.5, 0.7)], { elapsedMs: 90_000_000 }));
  expect(harm.next).toBe('roll_back');
  expect(harm.timedOut).toBeUndefined();
});

test('a broken sample ratio blocks advancing and silences comparisons, but not the error rate', () => {
  const broken = seen(1_000, 0.6, 0.7, { exposures: { control: 900, candidate: 0 } });
  const look = judgeRollout(rolloutPlan(), evidence([broken]));
  expect(look.sampleRatio.state).toBe('mismatch');
  expect(look.next).toBe('wait');
  expect(reasons(look)).toContain('units did not arrive in the ratio of the shares');
  const hard = rolloutPlan({ metrics: [resolved({ name: 'errorRate' })] });
  broken.bins.errorRate = broken.bins.resolved ?? {};
  broken.anchors.errorRate = 0.7;
  expect(judgeRollout(hard, evidence([broken])).next).toBe('roll_back');
});

test('the ratio is tested within each stratum: growing shares are no mismatch', () => {
  const small = seen(0, 0, 0, {
    exposures: { control: 1_900, candidate: 100 },
    shares: { control: 0.95, candidate: 0.05 },
  });
  const half = seen(500, 0.7, 0.7, { stratum: 1 });
  expect(judgeRollout(rolloutPlan(), evidence([small, half])).sampleRatio.state).toBe('ok');
});

test('confirmed events beyond zero tolerance stop at once, whatever the statistics say', () => {
  const plan = rolloutPlan({ metrics: [resolved({ zeroTolerance: 1 })] });
  const look = judgeRollout(plan, evidence([seen(20, 1, 1)], { confirmedEvents: { resolved: { candidate: 1 } } }));
  expect(look.next).toBe('roll_back');
  expect(reasons(look)).toBe('resolved: 1 confirmed event of candidate, and 1 stop the rollout');
});

test('lost exposures hold the rollout: nobody knows whom the candidate served', () => {
  expect(judgeRollout(rolloutPlan(), evidence([seen(500, 0.7, 0.7)], { droppedExposures: 3 })).next).toBe('hold');
});

test('once 100 units of control are final, a second stratum opens with their mean, where no mean was known', () => {
  const plan = rolloutPlan({
    metrics: [resolved({ anchor: 0.5, anchorKnown: false })],
    stages: [stage(0.5, { minDurationMs: 86_400_000 })],
  });
  expect(judgeRollout(plan, evidence([seen(90, 0.8, 0.8)])).next).toBe('wait');
  const look = judgeRollout(plan, evidence([seen(120, 0.8, 0.8)]));
  expect(look).toMatchObject({ next: 'reopen', anchors: { resolved: 0.8 } });
  expect(judgeRollout(plan, evidence([seen(120, 0.8, 0.8), seen(120, 0.8, 0.8, { stratum: 1 })])).next).toBe('wait');
});

test('harmAlpha is divided among guardrails and candidates', () => {
  const one = judgeRollout(rolloutPlan(), evidence([seen(800, 0.63, 0.7)]));
  const many = rolloutPlan({
    metrics: [resolved(), resolved({ name: 'a' }), resolved({ name: 'b' }), resolved({ name: 'c' })],
  });
  const four = judgeRollout(many, evidence([seen(800, 0.63, 0.7)]));
  const width = (look: typeof one) =>
    (look.guardrails[0]?.interval?.[1] ?? 0) - (look.guardrails[0]?.interval?.[0] ?? 0);
  expect(width(four)).toBeGreaterThan(width(one));
});

test('benefit is asked for once, at the planned end: better promotes, worse rolls back, unclear holds', () => {
  const plan = rolloutPlan({
    strategy: 'ab_test',
    metrics: [resolved({ guardrail: false, goal: 'superior' })],
    stages: [stage(0.5, { minSamples: 500 })],
  });
  const at = (candidate: number) => judgeRollout(plan, evidence([seen(1_000, candidate, 0.7)]));
  expect(at(0.8)).toMatchObject({
    next: 'advance',
    goals: [{ verdict: 'pass', test: expect.stringContaining('Welch') }],
  });
  expect(at(0.6).next).toBe('roll_back');
  expect(at(0.7)).toMatchObject({ next: 'hold', goals: [{ verdict: 'inconclusive' }] });
  expect(judgeRollout(plan, evidence([seen(400, 0.8, 0.7)])).goals).toEqual([]);
});

test('after an extension the benefit is told by the always-valid interval', () => {
  const plan = rolloutPlan({ strategy: 'ab_test', metrics: [resolved({ guardrail: false, goal: 'superior' })] });
  const look = judgeRollout(plan, evidence([seen(1_000, 0.8, 0.7)], { disturbed: true }));
  expect(look.goals[0]?.test).toContain('mixture');
});

test('so it is where the data chose the end, or units count once per stage: Welch is for one split to a planned end', () => {
  const metrics = [resolved({ goal: 'superior' })];
  const testOf = (more: Parameters<typeof rolloutPlan>[0], strata: StratumCounts[], at = 0) =>
    judgeRollout(rolloutPlan({ strategy: 'ab_test', metrics, ...more }), evidence(strata, { stage: at })).goals[0]
      ?.test;
  const one = seen(2_000, 0.8, 0.7);
  expect(testOf({}, [one])).toContain('Welch');
  expect(testOf({ stages: [stage(0.5, { requireClear: true })] }, [one])).toContain('mixture');
  const two = [one, seen(2_000, 0.8, 0.7, { stratum: 1, stage: 1 })];
  const stages = [stage(0.5), stage(0.5)];
  expect(testOf({ stages }, two, 1)).toContain('Welch');
  expect(testOf({ stages, rerandomize: 'each_stage' }, two, 1)).toContain('mixture');
});

test('of several candidates the good one advances though the other is worse, unless a guardrail is breached', () => {
  const plan = rolloutPlan({
    strategy: 'ab_test',
    candidates: [
      { name: 'v4', version: 4 },
      { name: 'v5', version: 5 },
    ],
    metrics: [resolved({ guardrail: false, goal: 'superior' })],
  });
  const counts = stratum({
    shares: { control: 0.4, v4: 0.3, v5: 0.3 },
    exposures: { control: 1_333, v4: 1_000, v5: 1_000 },
  });
  for (const [arm, good] of [
    ['control', 0.7],
    ['v4', 0.8],
    ['v5', 0.6],
  ] as const) {
    const units = arm === 'control' ? 1_333 : 1_000;
    counts.bins.resolved ??= {};
    const bins = new Float64Array(101);
    bins[100] = Math.round(units * good);
    bins[0] = units - Math.round(units * good);
    counts.bins.resolved[arm] = bins;
  }
  const look = judgeRollout(plan, evidence([counts]));
  expect(look.goals.map(({ candidate, verdict }) => [candidate, verdict])).toEqual([
    ['v4', 'pass'],
    ['v5', 'fail'],
  ]);
  expect(look.next).toBe('advance');
});

test('a shadow stage is judged on pairs of answers, and harm in it never reaches a user', () => {
  const plan = rolloutPlan({
    stages: [{ kind: 'shadow', shadow: 0.2, minSamples: 50, maxDurationMs: 86_400_000 }, stage(0.05)],
  });
  const pairs = (worse: number, equal: number) => {
    const differences = new Float64Array(201);
    differences[0] = worse;
    differences[100] = equal;
    return { stage: 0, candidate: 'candidate', differences: { resolved: differences } };
  };
  expect(judgeRollout(plan, evidence([], { shadow: [pairs(0, 80)] })).next).toBe('advance');
  expect(judgeRollout(plan, evidence([], { shadow: [pairs(40, 40)] })).next).toBe('roll_back');
  expect(judgeRollout(plan, evidence([], { shadow: [pairs(0, 10)] })).next).toBe('wait');
});

test("latency above control's p95 is told in points above the threshold, money in dollars", () => {
  const latency = resolved({
    name: 'latencyMs',
    kind: 'duration',
    direction: 'lower',
    thresholdMs: 900,
    anchor: 0.95,
    range: [0, 1],
  });
  const cost = resolved({
    name: 'costUsd',
    kind: 'money',
    direction: 'lower',
    range: [0, 0.05],
    anchor: 0.8,
    margin: 0.001,
  });
  const counts = stratum({ anchors: { latencyMs: 0.95, costUsd: 0.8 } });
  for (const arm of ['candidate', 'control']) {
    count(counts, 'latencyMs', arm, 100, arm === 'candidate' ? 700 : 950);
    count(counts, 'latencyMs', arm, 0, arm === 'candidate' ? 300 : 50);
    count(counts, 'costUsd', arm, arm === 'candidate' ? 60 : 80, 1_000);
  }
  const look = judgeRollout(rolloutPlan({ metrics: [latency, cost] }), evidence([counts]));
  expect(reasons(look)).toMatch(/latencyMs: harm is shown: candidate \+\d+\.\d points above 900 ms against control/);
  expect(reasons(look)).toMatch(/costUsd: harm is shown: candidate \+\$0\.0\d+ against control/);
});
