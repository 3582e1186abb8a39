import { describe, expect, it } from 'vitest';
import { type SimulationInput, simulatePolicy } from '../../gates/simulate-policy.ts';
import { gatePolicySchema } from '../../schema/contracts/gate.ts';
import { mcnemarPower } from '../../statistics/mcnemar-power.ts';

const seed = process.env.SLUICE_SEED ?? 'simulate-2026';
const metric = (name: string, more: Partial<SimulationInput['metrics'][number]> = {}) => ({
  name,
  kind: 'binary' as const,
  direction: 'higher' as const,
  base: 0.7,
  effect: 0,
  spread: 0.2,
  ...more,
});
const simulate = (policy: unknown, metrics: SimulationInput['metrics'], more: Partial<SimulationInput> = {}) =>
  simulatePolicy({
    policy: gatePolicySchema.parse(policy),
    metrics,
    examples: 150,
    repetitions: 1,
    clusters: null,
    splitSize: 20,
    runs: 300,
    seed,
    ...more,
  });
const superior = { criteria: [{ metric: 'correct', hypothesis: 'superior' }] };

describe(`a simulated policy (seed ${seed})`, () => {
  it('gives the same counts for the same seed, and others for another', () => {
    const once = simulate(superior, [metric('correct', { effect: 0.06 })]);
    expect(simulate(superior, [metric('correct', { effect: 0.06 })])).toEqual(once);
    expect(simulate(superior, [metric('correct', { effect: 0.06 })], { seed: 'other' })).not.toEqual(once);
  });

  it('with one goal passes as often as the power of its test says', () => {
    const { verdicts } = simulate(superior, [metric('correct', { effect: 0.1 })]);
    const power = mcnemarPower({ n: 150, onlyControl: 0.05, onlyCandidate: 0.15, alpha: 0.05 });
    // 300 runs: 7 points are 2.5 standard errors; the interval is a little more powerful than the exact test.
    expect(Math.abs(verdicts.pass / 300 - power)).toBeLessThan(0.07);
  });

  it.each([
    { examples: 60, repetitions: 1, clusters: null },
    { examples: 60, repetitions: 3, clusters: null },
    { examples: 120, repetitions: 1, clusters: 15 },
  ])(
    'is decided without a change as often as the level allows: $examples x $repetitions, clusters $clusters',
    (size) => {
      const { verdicts } = simulate(superior, [metric('correct')], size);
      // 300 runs at 5 %: 26 or more have a chance below 0.5 %.
      expect(verdicts.pass + verdicts.fail).toBeLessThan(26);
      expect(verdicts.pass + verdicts.fail + verdicts.inconclusive).toBe(300);
    },
  );

  it('with four goals passes without a change no more often than with one, thanks to Holm', () => {
    const names = ['a', 'b', 'c', 'd'];
    const { verdicts } = simulate(
      { profile: 'improve', criteria: names.map((name) => ({ metric: name, hypothesis: 'superior' })) },
      names.map((name) => metric(name)),
    );
    expect(verdicts.pass).toBeLessThan(26);
  });

  it('makes confirmation re-runs: one unlucky call of a steady candidate does not fail it', () => {
    const policy = { criteria: [{ metric: 'correct', split: 'golden', mustPass: true }] };
    const steady = simulate(policy, [metric('correct', { base: 0.97, spread: 0.01 })], { runs: 100 });
    const shaky = simulate(policy, [metric('correct', { base: 0.7, spread: 0.4 })], { runs: 100 });
    expect(steady.verdicts.pass).toBeGreaterThan(70);
    expect(steady.verdicts.inconclusive).toBe(0);
    expect(shaky.verdicts.fail).toBeGreaterThan(70);
  });

  it('draws money, durations and scores with the effect declared', () => {
    const { criteria } = simulate(
      {
        criteria: [
          { metric: 'costUsd', hypothesis: 'non_inferior', marginRelative: 0.2 },
          { metric: 'latencyMs' },
          { metric: 'quality', hypothesis: 'superior' },
        ],
      },
      [
        metric('costUsd', { kind: 'money', direction: 'lower', base: 0.01, effect: 0.6, spread: 0.3 }),
        metric('latencyMs', { kind: 'duration', direction: 'lower', base: 900, effect: 0.5, spread: 0.2 }),
        metric('quality', { kind: 'score', effect: 0.3, spread: 0.25 }),
      ],
      { runs: 10 },
    );
    expect(criteria.map(({ verdicts }) => verdicts)).toEqual([
      { pass: 0, fail: 10, inconclusive: 0 },
      { pass: 0, fail: 10, inconclusive: 0 },
      { pass: 10, fail: 0, inconclusive: 0 },
    ]);
  });

  it('refuses rates that cannot be', () => {
    expect(() => simulate(superior, [metric('correct', { base: 0.98, effect: 0.05 })])).toThrow(
      'correct: pass rates must be in 0..1',
    );
  });
});
