import { describe, expect, it } from 'vitest';
import { changedExamples } from '../../gates/changed-examples.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { evidenceOf, listOf, metricOf, pairsOf } from './build-evidence.ts';

const better = pairsOf({ both: 100, onlyControl: 5, onlyCandidate: 35, neither: 60 });
const level = pairsOf({ both: 140, onlyControl: 5, onlyCandidate: 5, neither: 50 });
const worse = pairsOf({ both: 100, onlyControl: 35, onlyCandidate: 5, neither: 60 });
const superior: GatePolicy = { criteria: [{ metric: 'correct', hypothesis: 'superior' }] };
const options = { seed: 's' };

describe('the whole', () => {
  it('without a policy no evaluator and no error rate may regress; latency and cost inform', () => {
    const n = better.control.length;
    const slow = metricOf(
      'latencyMs',
      { control: listOf(n, (i) => i), candidate: listOf(n, (i) => 500 + i) },
      { kind: 'duration', direction: 'lower' },
    );
    const errors = metricOf(
      'errorRate',
      { control: listOf(n, () => 0), candidate: listOf(n, () => 0) },
      { direction: 'lower' },
    );
    const judged = judgeExperiment(null, evidenceOf([metricOf('correct', better), errors, slow]), options);
    expect(judged.criteria.map(({ metric, hypothesis }) => `${metric} ${hypothesis}`)).toEqual([
      'correct no_regression',
      'errorRate no_regression',
    ]);
    expect(judged).toMatchObject({ verdict: 'pass', action: 'roll_forward' });
    expect(judged.comparisons.find(({ metric }) => metric === 'latencyMs')?.verdict).toBe('fail');
  });

  it('a candidate that fails calls regresses in errorRate', () => {
    const n = 50;
    const errors = metricOf(
      'errorRate',
      { control: listOf(n, () => 0), candidate: listOf(n, () => 1) },
      { direction: 'lower' },
    );
    const judged = judgeExperiment(null, evidenceOf([errors]), options);
    expect(judged).toMatchObject({ verdict: 'fail', action: 'roll_back' });
    expect(judged.reasons[0]).toContain('errorRate: candidate fails 100.0 points more than control');
  });

  it('one failing critical criterion fails it, whatever else passes', () => {
    const other = metricOf('polite', worse);
    const policy: GatePolicy = { criteria: [{ metric: 'correct', hypothesis: 'superior' }, { metric: 'polite' }] };
    const judged = judgeExperiment(policy, evidenceOf([metricOf('correct', better), other]), options);
    expect(judged.verdict).toBe('fail');
    expect(judged.reasons).toHaveLength(1);
    expect(judged.reasons[0]).toMatch(/^polite: .*: a regression\.$/);
  });

  it('supporting and advisory criteria are shown and never fail it', () => {
    const policy: GatePolicy = {
      criteria: [
        { metric: 'correct', hypothesis: 'superior' },
        { metric: 'polite', tier: 'supporting' },
        { metric: 'polite', hypothesis: 'superior', tier: 'advisory' },
      ],
    };
    const judged = judgeExperiment(
      policy,
      evidenceOf([metricOf('correct', better), metricOf('polite', worse)]),
      options,
    );
    expect(judged.verdict).toBe('pass');
    expect(judged.warnings).toHaveLength(2);
    expect(judged.criteria.map(({ verdict }) => verdict)).toEqual(['pass', 'fail', 'fail']);
  });

  it('without a critical criterion nothing decides', () => {
    const policy: GatePolicy = { criteria: [{ metric: 'correct', tier: 'advisory' }] };
    const judged = judgeExperiment(policy, evidenceOf([metricOf('correct', better)]), options);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.reasons[0]).toContain('No critical criterion judges candidate');
  });

  it('inconclusive holds unless the policy answers otherwise', () => {
    const evidence = evidenceOf([metricOf('correct', level)]);
    expect(judgeExperiment(superior, evidence, options).action).toBe('hold');
    const forward: GatePolicy = { ...superior, onInconclusive: 'roll_forward' };
    expect(judgeExperiment(forward, evidence, options)).toMatchObject({
      verdict: 'inconclusive',
      action: 'roll_forward',
    });
  });

  it('of several candidates each has its verdict; one that passes lets the whole pass', () => {
    const cells = { control: better.control, good: better.candidate, bad: listOf(200, () => 0) };
    const judged = judgeExperiment(superior, evidenceOf([metricOf('correct', cells)]), options);
    expect(judged.verdicts).toEqual({ good: 'pass', bad: 'fail' });
    expect(judged.verdict).toBe('pass');
    expect(judged.reasons[0]).toBe(
      'Several candidates (pass: good; fail: bad): the whole passes when at least one passes and fails when all fail.',
    );
  });

  it('of several candidates the whole fails only when all fail', () => {
    const half = level.candidate;
    const verdictOf = (a: number[], b: number[]) =>
      judgeExperiment(superior, evidenceOf([metricOf('correct', { control: level.control, a, b })]), options).verdict;
    const zeros = listOf(200, () => 0);
    expect(verdictOf(zeros, zeros)).toBe('fail');
    expect(verdictOf(zeros, half)).toBe('inconclusive');
  });
});

describe('comparisons', () => {
  it('every metric is compared over all examples, and a criterion with a split adds its own', () => {
    const splits = { golden: Uint32Array.from(listOf(50, (i) => i)) };
    const policy: GatePolicy = { criteria: [{ metric: 'correct', split: 'golden' }] };
    const evidence = evidenceOf([metricOf('correct', better), metricOf('polite', level)], { splits });
    const { comparisons } = judgeExperiment(policy, evidence, options);
    expect(comparisons.map(({ metric, n, split }) => [metric, n, split])).toEqual([
      ['correct', 200, undefined],
      ['correct', 50, 'golden'],
      ['polite', 200, undefined],
    ]);
  });

  it('carry the verdict of the criterion that used them, else that of no_regression', () => {
    const evidence = evidenceOf([metricOf('correct', level), metricOf('polite', level)]);
    const { comparisons } = judgeExperiment(superior, evidence, options);
    expect(comparisons.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'pass']);
  });

  it('outputs identical byte for byte pass, even where a noisy judge scored them differently', () => {
    const noisy = metricOf(
      'quality',
      { control: listOf(20, (i) => (i % 3) / 3), candidate: listOf(20, (i) => (i % 4) / 4) },
      { kind: 'score' },
    );
    const evidence = evidenceOf([noisy], { identical: { candidate: new Uint8Array(20).fill(1) } });
    const policy: GatePolicy = { criteria: [{ metric: 'quality', hypothesis: 'non_inferior', margin: 0 }] };
    const judged = judgeExperiment(policy, evidence, options);
    expect(judged.verdict).toBe('pass');
    expect(judged.comparisons[0]).toMatchObject({
      test: 'identical outputs',
      estimate: 0,
      interval: [0, 0],
      pValue: 1,
      improved: 0,
      regressed: 0,
    });
    expect(judged.reasons[0]).toBe(
      'quality: all 20 outputs of candidate are byte for byte those of control: identical.',
    );
    const claim: GatePolicy = { criteria: [{ metric: 'quality', hypothesis: 'superior' }] };
    expect(judgeExperiment(claim, evidence, options).verdict).toBe('inconclusive');
  });

  it('identical outputs say nothing about time and cost', () => {
    const slow = metricOf(
      'latencyMs',
      { control: listOf(200, (i) => 100 + (i % 7)), candidate: listOf(200, (i) => 200 + (i % 7)) },
      { kind: 'duration', direction: 'lower' },
    );
    const evidence = evidenceOf([slow], { identical: { candidate: new Uint8Array(200).fill(1) } });
    expect(judgeExperiment({ criteria: [{ metric: 'latencyMs' }] }, evidence, options).verdict).toBe('fail');
  });

  it('one differing output ends the shortcut', () => {
    const evidence = evidenceOf([metricOf('correct', better)], {
      identical: { candidate: new Uint8Array(200).fill(1, 1) },
    });
    expect(judgeExperiment(superior, evidence, options).comparisons[0]?.test).toContain('McNemar');
  });

  it('p95 can regress while p50 stands still', () => {
    const control = listOf(400, (i) => 100 + (i % 20));
    const candidate = control.map((value) => (value >= 118 ? value + 300 : value));
    const metric = metricOf('latencyMs', { control, candidate }, { kind: 'duration', direction: 'lower' });
    const policy: GatePolicy = { criteria: [{ metric: 'latencyMs' }, { metric: 'latencyMs', quantile: 0.95 }] };
    const judged = judgeExperiment(policy, evidenceOf([metric]), options);
    expect(judged.criteria.map(({ verdict }) => verdict)).toEqual(['pass', 'fail']);
    expect(judged.reasons[0]).toMatch(/^latencyMs p95: candidate is \d+ ms slower than control/);
  });

  it('changed examples are named by their mean over repetitions', () => {
    const metric = metricOf('correct', { control: [1, 0, 1, 1, 0, 0], candidate: [1, 1, 0, 1, 0, 0] });
    const changed = changedExamples(evidenceOf([metric], { repetitions: 2 }), 'correct', 'candidate');
    expect(changed).toEqual({ improved: ['e0'], regressed: ['e1'], flaky: ['e0'] });
    expect(() => changedExamples(evidenceOf([metric], { repetitions: 2 }), 'wrong', 'candidate')).toThrow(
      'no metric "wrong"',
    );
  });
});

describe('the same evidence', () => {
  const random = createGenerator('same evidence');
  const n = 150;
  const draw = (scale: number) => ({
    control: listOf(2 * n, () => scale * random.next()),
    candidate: listOf(2 * n, () => scale * random.next()),
  });
  const evidence = evidenceOf(
    [
      metricOf('correct', {
        control: listOf(2 * n, () => +(random.next() < 0.5)),
        candidate: listOf(2 * n, () => +(random.next() < 0.6)),
      }),
      metricOf('quality', draw(1), { kind: 'score' }),
      metricOf('latencyMs', draw(900), { kind: 'duration', direction: 'lower' }),
      metricOf('costUsd', draw(0.1), { kind: 'money', direction: 'lower' }),
      metricOf('tokens', draw(400), { kind: 'count', direction: 'lower' }),
    ],
    { repetitions: 2, splits: { golden: Uint32Array.of(1, 2, 3) } },
  );
  const policy: GatePolicy = {
    criteria: evidence.metrics.flatMap(({ name }) => [{ metric: name }, { metric: name, split: 'golden' }]),
  };

  it('and seed give the same bytes', () => {
    const once = JSON.stringify(judgeExperiment(policy, evidence, options));
    expect(JSON.stringify(judgeExperiment(policy, structuredClone(evidence), options))).toBe(once);
  });

  it('loses nothing on its way through JSON: no NaN, no infinity', () => {
    const judged = judgeExperiment(policy, evidence, options);
    expect(JSON.parse(JSON.stringify(judged))).toEqual(judged);
  });

  it('of 20,000 examples, 3 variants and 5 metrics is judged in seconds at most', () => {
    const size = 20_000;
    const many = (value: () => number) => ({
      control: listOf(size, value),
      a: listOf(size, value),
      b: listOf(size, value),
    });
    const large = evidenceOf([
      metricOf(
        'correct',
        many(() => +(random.next() < 0.7)),
      ),
      metricOf('quality', many(random.next), { kind: 'score' }),
      metricOf(
        'latencyMs',
        many(() => 100 + 50 * random.next()),
        { kind: 'duration', direction: 'lower' },
      ),
      metricOf(
        'costUsd',
        many(() => 0.01 * random.next()),
        { kind: 'money', direction: 'lower' },
      ),
      metricOf(
        'tokens',
        many(() => 100 + random.nextInt(400)),
        { kind: 'count', direction: 'lower' },
      ),
    ]);
    const start = performance.now();
    judgeExperiment(null, large, options);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('two variants that are alike', () => {
  // 300 runs at 5 %: 26 or more wrong verdicts have a chance below 0.5 % when the rate is 5 % (binomial).
  const shapes: [string, number, number, number][] = [
    ['40 pass/fail examples', 40, 1, 0],
    ['20 examples with 3 repetitions', 20, 3, 0],
    ['60 examples in 12 clusters', 60, 1, 12],
  ];
  it.each(shapes)(
    'are called different at most as often as the confidence allows: %s',
    (name, examples, repetitions, clusters) => {
      const random = createGenerator(`A/A ${name}`);
      let wrong = 0;
      for (let run = 0; run < 300; run++) {
        const difficulty = listOf(clusters || examples, () => random.next());
        const cells = () =>
          listOf(examples * repetitions, (cell) => {
            const example = Math.floor(cell / repetitions);
            return +(random.next() < (difficulty[clusters > 0 ? example % clusters : example] as number));
          });
        const clusterKeys = listOf(examples, (i) => i).map((i) => (clusters > 0 ? `c${i % clusters}` : null));
        const evidence = evidenceOf([metricOf('correct', { control: cells(), candidate: cells() })], {
          repetitions,
          clusterKeys,
        });
        if (judgeExperiment(superior, evidence, { seed: String(run) }).verdict !== 'inconclusive') wrong++;
      }
      expect(wrong).toBeLessThan(26);
    },
  );
});
