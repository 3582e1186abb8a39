import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { holm } from '../../statistics/holm.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const goalsOf = (names: string[]): GatePolicy => ({
  criteria: names.map((metric) => ({ metric, hypothesis: 'superior' })),
});

/** Scores of 60 examples that gain `effect` on average. */
function score(name: string, effect: number) {
  const random = createGenerator(`goals ${name} ${effect}`);
  const control = listOf(60, () => random.nextNormal());
  const candidate = control.map((value) => value + effect + random.nextNormal());
  return metricOf(name, { control, candidate }, { kind: 'score', range: null });
}

describe('several goals', () => {
  it('are decided as Holm decides their p values, and each interval shown is the one that decides', () => {
    for (const effects of [
      [0.3, 0.3, 0.3],
      [0.6, 0.35, 0.25],
      [0.9, 0.28, 0],
      [0.33, 0, 0.31],
      [0.25, 0.26, 0.27],
      [-0.9, 0.3, 0.28],
    ]) {
      const names = effects.map((_, index) => `goal${index}`);
      const metrics = effects.map((effect, index) => score(names[index] as string, effect));
      const evidence = evidenceOf(metrics);
      const judged = judgeExperiment(goalsOf(names), evidence, { seed: 's' });
      const pValues = names.map(
        (name) =>
          judged.comparisons.find(({ metric, confidence }) => metric === name && confidence === 0.95)?.pValue ?? 1,
      );
      const decided = judged.criteria.map(({ verdict }) => verdict !== 'inconclusive');
      expect(decided, `p ${pValues.join(', ')}`).toEqual(holm({ pValues, alpha: 0.05 }).reject);
      for (const { metric, verdict } of judged.criteria) {
        const shown = judged.comparisons.find((one) => one.metric === metric);
        expect(shown?.verdict).toBe(verdict);
        const [low = 0, high = 0] = shown?.interval ?? [];
        expect(low > 0 ? 'pass' : high < 0 ? 'fail' : 'inconclusive').toBe(verdict);
      }
    }
  });

  it('a gain that one goal would show is not shown among four, and the sentence says why', () => {
    const metrics = [score('goal0', 0.4), score('e', 0), score('f', 0), score('g', 0)];
    const alone = judgeExperiment(goalsOf(['goal0']), evidenceOf(metrics), { seed: 's' });
    expect(alone.verdict).toBe('pass');
    expect(alone.criteria[0]?.goals).toBeUndefined();
    const among = judgeExperiment(goalsOf(['goal0', 'e', 'f', 'g']), evidenceOf(metrics), { seed: 's' });
    expect(among.criteria[0]).toMatchObject({ verdict: 'inconclusive', goals: 4 });
    expect(among.reasons[0]).toMatch(/98\.75 % interval.*one of 4 goals, Holm/);
  });

  it('of which one cannot be judged leave the level as it was', () => {
    const judged = judgeExperiment(goalsOf(['goal0', 'unknown']), evidenceOf([score('goal0', 0.9)]), { seed: 's' });
    expect(judged.criteria.map(({ verdict }) => verdict)).toEqual(['pass', 'inconclusive']);
    expect(judged.comparisons[0]).toMatchObject({ confidence: 0.975 });
  });

  it('supporting and advisory criteria are no goals', () => {
    const policy: GatePolicy = {
      criteria: [
        { metric: 'goal0', hypothesis: 'superior' },
        { metric: 'b', hypothesis: 'superior', tier: 'supporting' },
      ],
    };
    const judged = judgeExperiment(policy, evidenceOf([score('goal0', 0.4), score('b', 0)]), { seed: 's' });
    expect(judged.verdict).toBe('pass');
  });

  it('without any gain one of four is called superior in at most 5 % of the runs', () => {
    const random = createGenerator('goals A/A');
    let wrong = 0;
    for (let run = 0; run < 400; run++) {
      const draw = () => listOf(12, () => random.nextNormal());
      const metrics = ['a', 'b', 'c', 'd'].map((name) =>
        metricOf(name, { control: draw(), candidate: draw() }, { kind: 'score', range: null }),
      );
      const judged = judgeExperiment(goalsOf(['a', 'b', 'c', 'd']), evidenceOf(metrics), { seed: String(run) });
      if (judged.criteria.some(({ verdict }) => verdict !== 'inconclusive')) wrong++;
    }
    // 400 runs at 5 %: 31 or more have a chance below 1 %. Without Holm about 74 would be wrong.
    expect(wrong).toBeLessThan(31);
  });
});
