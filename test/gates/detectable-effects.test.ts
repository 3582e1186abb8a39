import { describe, expect, it } from 'vitest';
import { detectableEffects, type EarlierRun, type PlannedSize } from '../../gates/detectable-effects.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { chance } from '../statistics/reference/simulate.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const correct = [{ name: 'correct', kind: 'binary' as const }];
const goal: GatePolicy = { criteria: [{ metric: 'correct', hypothesis: 'superior' }] };
const sizeOf = (examples: number, more: Partial<PlannedSize> = {}): PlannedSize => ({
  examples,
  repetitions: 1,
  clusters: null,
  ...more,
});
const stated = (size: PlannedSize, earlier: EarlierRun | null = null, policy: GatePolicy | null = goal) =>
  detectableEffects({ policy, metrics: correct, size, earlier })[0];

/** Share of 300 simulated runs that the gate passes when `effect` is the truth and `discordant` of the pairs differ. */
function passRate(size: PlannedSize, effect: number, discordant: number): number {
  const random = createGenerator(`detectable ${JSON.stringify(size)}`);
  let passed = 0;
  for (let run = 0; run < 300; run++) {
    const pairs = listOf(size.examples, () => 0).map((): [number, number] => {
      if (!chance(random, discordant)) return chance(random, 0.7) ? [1, 1] : [0, 0];
      return chance(random, 0.5 + effect / (2 * discordant)) ? [0, 1] : [1, 0];
    });
    const cells = { control: pairs.map(([one]) => one), candidate: pairs.map(([, other]) => other) };
    if (judgeExperiment(goal, evidenceOf([metricOf('correct', cells)]), { seed: String(run) }).verdict === 'pass')
      passed++;
  }
  return passed / 300;
}

describe('the effect stated at launch', () => {
  it.each([60, 200])('is shown by about 80 % of the runs of %i examples when it is there', (examples) => {
    const size = sizeOf(examples);
    const effect = stated(size)?.effect ?? 0;
    // 300 runs at 80 %: within 7 points with probability above 99 %; the interval is a little narrower than the exact test.
    expect(passRate(size, effect, 0.2)).toBeGreaterThan(0.73);
    expect(passRate(size, effect, 0.2)).toBeLessThan(0.92);
  });

  it('falls with the number of examples and of repetitions, and grows with clusters', () => {
    const effects = [sizeOf(100), sizeOf(400), sizeOf(1_600)].map((size) => stated(size)?.effect ?? 9);
    expect(effects[1]).toBeLessThan(effects[0] as number);
    expect(effects[2]).toBeLessThan(effects[1] as number);
    const [alone = 0, thrice = 9, clustered = 0] = [
      sizeOf(1_600),
      sizeOf(1_600, { repetitions: 3 }),
      sizeOf(1_600, { clusters: 160 }),
    ].map((size) => stated(size)?.effect ?? undefined);
    expect(thrice).toBeLessThan(alone);
    expect(clustered).toBeGreaterThan(alone);
  });

  it('says that nothing can be shown with too few examples', () => {
    expect(stated(sizeOf(10))).toMatchObject({
      effect: null,
      basis: 'not even if 20 % of answers differ, all one way',
    });
  });

  it('names the level that decides: two goals share it', () => {
    const two: GatePolicy = { criteria: [...goal.criteria, { metric: 'polite', hypothesis: 'superior' }] };
    expect(stated(sizeOf(200), null, two)).toMatchObject({ alpha: 0.025, power: 0.8, n: 200 });
    expect(stated(sizeOf(200), null, two)?.effect).toBeGreaterThan(stated(sizeOf(200))?.effect ?? 1);
  });

  it('takes the spread of an earlier run, and without one says that a score is unknown', () => {
    const random = createGenerator('earlier');
    const control = listOf(400, () => random.nextNormal());
    const quality = metricOf(
      'quality',
      { control, candidate: control.map((value) => value + random.nextNormal()) },
      { kind: 'score', range: null },
    );
    const { comparisons } = judgeExperiment(null, evidenceOf([quality]), { seed: 's' });
    const of = (examples: number, earlier: EarlierRun | null) =>
      detectableEffects({
        policy: null,
        metrics: [{ name: 'quality', kind: 'score' }],
        size: sizeOf(examples),
        earlier,
      })[0];
    // (1.96 + 0.84) / sqrt(100), the spread of one difference being 1.
    expect(of(100, { id: 'run_1', comparisons })?.effect).toBeCloseTo(0.28, 1);
    expect(of(100, { id: 'run_1', comparisons })?.basis).toBe('the spread of run_1 (n = 400)');
    expect(of(100, null)).toMatchObject({ effect: null, basis: 'no earlier run tells the spread' });
  });
});
