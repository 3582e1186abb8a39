import { describe, expect, it } from 'vitest';
import { type EvidenceSide, joinEvidence } from '../../gates/join-evidence.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { ExperimentEvidence } from '../../schema/contracts/evidence.ts';
import { type Cells, evidenceOf, metricOf } from './build-evidence.ts';

/** A run of control and candidate on the examples named, with one output hash for each cell. */
function side(
  ids: string[],
  cells: Cells,
  options: Partial<ExperimentEvidence> & { revisions?: Record<string, string>; hash?: string; variant?: string } = {},
): EvidenceSide {
  const { revisions = {}, hash, variant = 'candidate', ...evidence } = options;
  const repetitions = evidence.repetitions ?? 1;
  return {
    evidence: evidenceOf([metricOf('correct', cells)], { exampleIds: ids, ...evidence }),
    variant,
    outputs: ids.map((id) => ({
      revisionId: revisions[id] ?? `revision of ${id}`,
      hashes: Array.from({ length: repetitions }, () => hash ?? `${variant} on ${id}`),
    })),
  };
}

const both = (values: Cells[string]): Cells => ({ control: values, candidate: values });

describe('two runs joined', () => {
  it('are paired by example id whatever their order, and what one side lacks is told', () => {
    const a = side(['x', 'y', 'z'], both([0, 1, 0]));
    const b = side(['new', 'z', 'y'], both([1, 1, 0]));
    const joined = joinEvidence(a, b);
    expect(joined.evidence.exampleIds).toEqual(['z', 'y']);
    expect([...(joined.evidence.metrics[0]?.values.a ?? [])]).toEqual([0, 1]);
    expect([...(joined.evidence.metrics[0]?.values.b ?? [])]).toEqual([1, 0]);
    expect(joined).toMatchObject({ onlyInA: ['x'], onlyInB: ['new'], changed: [] });
  });

  it('leave out an example whose content is another one', () => {
    const a = side(['x', 'y'], both([0, 1]));
    const b = side(['x', 'y'], both([1, 1]), { revisions: { x: 'corrected' } });
    expect(joinEvidence(a, b)).toMatchObject({ changed: ['x'], evidence: { exampleIds: ['y'] } });
  });

  it('keep missing values missing', () => {
    const joined = joinEvidence(side(['x', 'y'], both(['missing', 1])), side(['x', 'y'], both([1, 1])));
    expect([...(joined.evidence.metrics[0]?.missing.a ?? [])]).toEqual([1, 0]);
    expect(judgeExperiment(null, joined.evidence, { seed: 's' }).verdict).toBe('inconclusive');
  });

  it('count each example by its mean when repetitions differ, and say so', () => {
    const a = side(['x', 'y'], both([1, 0, 1, 'missing', 1, 1]), { repetitions: 3 });
    const b = side(['x', 'y'], both([0, 1]));
    const joined = joinEvidence(a, b);
    expect(joined.evidence.repetitions).toBe(1);
    expect([...(joined.evidence.metrics[0]?.values.a ?? [])]).toEqual([2 / 3, 1]);
    expect(joined.warnings).toEqual(['a has 3 repetitions and b has 1: each example counts by its mean']);
  });

  it('are identical only where all outputs are', () => {
    const same = joinEvidence(side(['x'], both([1]), { hash: 'h' }), side(['x'], both([1]), { hash: 'h' }));
    expect([...(same.evidence.identical.b ?? [])]).toEqual([1]);
    const three = side(['x'], both([1, 1, 1]), { repetitions: 3, hash: 'h' });
    expect([...(joinEvidence(three, side(['x'], both([1]), { hash: 'h' })).evidence.identical.b ?? [])]).toEqual([1]);
    const other = joinEvidence(three, side(['x'], both([1]), { hash: 'g' }));
    expect([...(other.evidence.identical.b ?? [])]).toEqual([0]);
  });

  it('do not compare a metric that is measured otherwise', () => {
    const a = side(['x'], both([1]));
    const b = side(['x'], both([1]));
    b.evidence.metrics = [metricOf('correct', both([1]), { kind: 'score' }), metricOf('extra', both([1]))];
    const joined = joinEvidence(a, b);
    expect(joined.evidence.metrics).toEqual([]);
    expect(joined.warnings).toEqual([
      'correct is not compared: it is measured otherwise in a',
      'extra is not compared: a does not have it',
    ]);
  });

  it('of one run give the comparison that the run itself gives', () => {
    const cells = { control: [1, 1, 0, 0, 1, 0, 1, 1], candidate: [1, 0, 1, 1, 1, 1, 1, 1] };
    const ids = cells.control.map((_, index) => `e${index}`);
    const joined = joinEvidence(side(ids, cells, { variant: 'control' }), side(ids, cells));
    const [own] = judgeExperiment(null, evidenceOf([metricOf('correct', cells)]), { seed: 's' }).comparisons;
    const [found] = judgeExperiment(null, joined.evidence, { seed: 's' }).comparisons;
    expect(found).toEqual({ ...own, candidate: 'b', control: 'a' });
  });
});
