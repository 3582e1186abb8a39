import { describe, expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { type Confirmation, mustPassExamples } from '../../gates/must-pass-examples.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const policy: GatePolicy = { criteria: [{ metric: 'correct', split: 'golden', mustPass: true }] };
const splits = { golden: Uint32Array.of(0, 1, 2, 3) };

function judge(control: number[], candidate: number[], confirmations: Confirmation[] = []) {
  const evidence = evidenceOf([metricOf('correct', { control, candidate })], { splits });
  return judgeExperiment(policy, evidence, { seed: 's', confirmations });
}
const confirmation = (failed: number): Confirmation => ({
  candidate: 'candidate',
  metric: 'correct',
  exampleId: 'e1',
  calls: 5,
  failed,
});

describe('mustPass', () => {
  it('passes when the candidate solves all that control solves, whatever happens outside the split', () => {
    const judged = judge([1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 0]);
    expect(judged.verdict).toBe('pass');
    expect(judged.reasons).toEqual(['correct on split golden: candidate solves all 3 examples that control solves.']);
    expect(judged.criteria[0]?.hypothesis).toBe('must_pass');
  });

  it('is undecided while a broken case is not confirmed, and names it', () => {
    const judged = judge([1, 1, 1, 1], [1, 0, 1, 1]);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.reasons[0]).toContain('1 golden case broke once and is not confirmed (e1)');
  });

  it('fails when the case failed 3 of 5 calls, passes when it failed 2', () => {
    expect(judge([1, 1, 1, 1], [1, 0, 1, 1], [confirmation(3)])).toMatchObject({
      verdict: 'fail',
      action: 'roll_back',
    });
    expect(judge([1, 1, 1, 1], [1, 0, 1, 1], [confirmation(2)]).verdict).toBe('pass');
  });

  it('a confirmation of another candidate or metric changes nothing', () => {
    const other = { ...confirmation(5), candidate: 'b' };
    expect(judge([1, 1, 1, 1], [1, 0, 1, 1], [other]).verdict).toBe('inconclusive');
  });

  it('does not ask for what control cannot do', () => {
    expect(judge([1, 0, 0, 0], [1, 0, 0, 0]).verdict).toBe('pass');
    expect(judge([0, 0, 0, 0], [1, 1, 1, 1]).reasons[0]).toContain('control solves none of 4 examples');
    expect(judge([0, 0, 0, 0], [1, 1, 1, 1]).verdict).toBe('inconclusive');
  });

  it('a missing answer is not a solved one', () => {
    const evidence = evidenceOf([metricOf('correct', { control: [1, 1, 1, 1], candidate: [1, 1, 1, 'missing'] })], {
      splits,
    });
    expect(judgeExperiment(policy, evidence, { seed: 's' }).verdict).toBe('inconclusive');
    const unexplained = evidenceOf([metricOf('correct', { control: [1, 1, 1, 1], candidate: [1, 1, 1, null] })], {
      splits,
    });
    expect(judgeExperiment(policy, unexplained, { seed: 's' }).verdict).toBe('inconclusive');
  });

  it('beside a hypothesis both have to hold', () => {
    const both: GatePolicy = {
      criteria: [{ metric: 'correct', split: 'golden', mustPass: true, hypothesis: 'superior' }],
    };
    const evidence = evidenceOf([metricOf('correct', { control: [1, 1, 1, 1], candidate: [1, 1, 1, 1] })], { splits });
    expect(judgeExperiment(both, evidence, { seed: 's' }).verdict).toBe('inconclusive');
  });

  it('lists examples control solves in under 90 % of repetitions as flaky, and asks nothing there', () => {
    const control = [...listOf(5, () => 1), 1, 1, 1, 0, 1, ...listOf(5, () => 0)];
    const candidate = [...listOf(5, () => 1), ...listOf(5, () => 0), ...listOf(5, () => 0)];
    const metric = metricOf('correct', { control, candidate });
    const evidence = evidenceOf([metric], { repetitions: 5, splits: { golden: Uint32Array.of(0, 1, 2) } });
    const examples = mustPassExamples(evidence, { metric, candidate: 'candidate', positions: [0, 1, 2] });
    expect(examples).toMatchObject({ protected: ['e0'], flaky: ['e1'], broken: [], unconfirmed: [] });
    const judged = judgeExperiment(policy, evidence, { seed: 's' });
    expect(judged.verdict).toBe('pass');
    expect(judged.warnings[0]).toContain('1 example (e1) is flaky');
  });

  it("the candidate's own repetitions count as calls", () => {
    const examplesFor = (failures: number) => {
      const metric = metricOf('correct', {
        control: listOf(5, () => 1),
        candidate: listOf(5, (i) => (i < failures ? 0 : 1)),
      });
      return mustPassExamples(evidenceOf([metric], { repetitions: 5 }), {
        metric,
        candidate: 'candidate',
        positions: [0],
      });
    };
    expect(examplesFor(3).broken).toEqual(['e0']);
    expect(examplesFor(2).cleared).toEqual(['e0']);
  });
});
