import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { type GatePolicy, gatePolicySchema } from '../../schema/contracts/gate.ts';
import { evidenceOf, listOf, metricOf, pairsOf } from './build-evidence.ts';

const better = pairsOf({ both: 100, onlyControl: 5, onlyCandidate: 35, neither: 60 });
const level = pairsOf({ both: 140, onlyControl: 5, onlyCandidate: 5, neither: 50 });
const worse = pairsOf({ both: 100, onlyControl: 35, onlyCandidate: 5, neither: 60 });
const quiet = { control: listOf(200, () => 0), candidate: listOf(200, () => 0) };
const errors = metricOf('errorRate', quiet, { direction: 'lower' });
const options = { seed: 's' };

function judge(policy: unknown, metrics: Record<string, typeof better>, splits: Record<string, Uint32Array> = {}) {
  const evidence = evidenceOf([...Object.entries(metrics).map(([name, cells]) => metricOf(name, cells)), errors], {
    splits,
  });
  return judgeExperiment(gatePolicySchema.parse(policy), evidence, options);
}

describe('profile no_regression', () => {
  it('without criteria holds every evaluator and the error rate to no shown harm', () => {
    const judged = judge({ profile: 'no_regression' }, { correct: level, polite: better });
    expect(judged.verdict).toBe('pass');
    expect(judged.criteria.map(({ metric, hypothesis }) => `${metric} ${hypothesis}`)).toEqual([
      'correct no_regression',
      'polite no_regression',
      'errorRate no_regression',
    ]);
    expect(judge({ profile: 'no_regression' }, { correct: worse }).verdict).toBe('fail');
  });

  it('turns what could not be decided into a warning, as long as something passed', () => {
    const gap = { control: level.control, candidate: [...level.candidate.slice(1), 'missing' as never] };
    const judged = judge({ profile: 'no_regression' }, { correct: gap, polite: level });
    expect(judged).toMatchObject({ verdict: 'pass', action: 'roll_forward' });
    expect(judged.warnings[0]).toMatch(
      /^undecided, which the profile no_regression lets pass: correct: .*1 value is missing/,
    );
    const nothing = evidenceOf([metricOf('correct', { control: ['missing'], candidate: ['missing'] })]);
    const policy = gatePolicySchema.parse({ profile: 'no_regression' });
    expect(judgeExperiment(policy, nothing, options).verdict).toBe('inconclusive');
  });

  it('protects the golden examples: a broken one fails, one that may be broken holds', () => {
    const splits = { golden: Uint32Array.of(0, 1) };
    expect(judge({ profile: 'no_regression' }, { correct: level }, splits)).toMatchObject({
      verdict: 'pass',
      criteria: [{}, {}, { hypothesis: 'must_pass' }],
    });
    const broken = { control: level.control, candidate: [0, ...level.candidate.slice(1)] };
    expect(judge({ profile: 'no_regression' }, { correct: broken }, splits).verdict).toBe('inconclusive');
    const evidence = evidenceOf([metricOf('correct', broken), errors], { splits });
    const confirmations = [{ candidate: 'candidate', metric: 'correct', exampleId: 'e0', calls: 5, failed: 4 }];
    const policy = gatePolicySchema.parse({ profile: 'no_regression' });
    expect(judgeExperiment(policy, evidence, { ...options, confirmations }).verdict).toBe('fail');
  });

  it('applies to criteria of the policy too', () => {
    const criteria: GatePolicy['criteria'] = [
      { metric: 'correct', hypothesis: 'superior' },
      { metric: 'errorRate', hypothesis: 'no_regression' },
    ];
    expect(judge({ criteria }, { correct: level }).verdict).toBe('inconclusive');
    expect(judge({ profile: 'no_regression', criteria }, { correct: level }).verdict).toBe('pass');
  });
});

describe('profile improve', () => {
  it('passes when one goal is shown and nothing is harmed', () => {
    const judged = judge({ profile: 'improve' }, { correct: better, polite: level });
    expect(judged.verdict).toBe('pass');
    expect(judged.reasons[0]).toMatch(/^correct: .*97\.5 % interval.*: superior \(one of 2 goals, Holm\)\.$/);
    expect(judged.warnings[0]).toContain('undecided, which the profile improve lets pass: polite');
  });

  it('is undecided when no goal is shown, and fails on harm beside a shown goal', () => {
    expect(judge({ profile: 'improve' }, { correct: level, polite: level }).verdict).toBe('inconclusive');
    expect(judge({ profile: 'improve' }, { correct: better, polite: worse }).verdict).toBe('fail');
  });

  it('refuses criteria without a goal', () => {
    const read = gatePolicySchema.safeParse({ profile: 'improve', criteria: [{ metric: 'correct' }] });
    expect(read.error?.issues[0]?.message).toContain('profile improve needs a goal');
  });
});

describe('profile prove', () => {
  it('passes when every evaluator is shown to be better, and is undecided while one is not', () => {
    expect(judge({ profile: 'prove' }, { correct: better, polite: better }).verdict).toBe('pass');
    expect(judge({ profile: 'prove' }, { correct: better, polite: level }).verdict).toBe('inconclusive');
  });
});

it('a policy names criteria or a profile', () => {
  expect(gatePolicySchema.safeParse({}).error?.issues[0]?.message).toContain('at least one criterion is needed');
  expect(gatePolicySchema.safeParse({ criteria: [] }).success).toBe(false);
  expect(gatePolicySchema.parse({ profile: 'prove' })).toEqual({ profile: 'prove', criteria: [] });
});
