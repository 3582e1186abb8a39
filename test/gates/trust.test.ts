import { expect, it } from 'vitest';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { measureAgreement } from '../../gates/measure-agreement.ts';
import type { LabelPairs } from '../../schema/contracts/evidence.ts';
import { type Criterion, type GatePolicy, gatePolicySchema } from '../../schema/contracts/gate.ts';
import { evidenceOf, metricOf, pairsOf } from './build-evidence.ts';

/** One trial per unit; `[judge, person]` by category. */
function pairsFrom(table: Record<string, number>, more: Partial<LabelPairs> = {}): LabelPairs {
  const categories = ['good', 'bad'];
  const units = Object.entries(table).flatMap(([key, count]) => {
    const [judge = '', person = ''] = key.split('/');
    return Array.from({ length: count }, () => [categories.indexOf(judge), categories.indexOf(person)] as const);
  });
  return {
    judge: 'helpful@2',
    label: 'helpful',
    basis: 'label',
    threshold: null,
    categories,
    people: ['ann'],
    units: units.map(([judge, said], trial) => ({ labels: [[trial, judge, 0, said]] })),
    unusable: 0,
    ...more,
  };
}

const good = pairsFrom({ 'good/good': 45, 'bad/bad': 45, 'good/bad': 3, 'bad/good': 2 });
const chancy = pairsFrom({ 'good/good': 30, 'bad/bad': 25, 'good/bad': 25, 'bad/good': 20 });
const better = pairsOf({ both: 40, onlyControl: 2, onlyCandidate: 30, neither: 28 });
const asked = { minKappa: 0.6 };

function judge(agreement: LabelPairs | null, policy: Partial<GatePolicy>, criterion: Partial<Criterion> = {}) {
  const evidence = evidenceOf(
    [
      metricOf('helpful', better),
      metricOf(
        'errorRate',
        { control: better.control.map(() => 0), candidate: better.control.map(() => 0) },
        { direction: 'lower' },
      ),
    ],
    agreement === null ? {} : { agreement: { helpful: agreement } },
  );
  const criteria = [{ metric: 'helpful', hypothesis: 'superior' as const, ...criterion }, ...(policy.criteria ?? [])];
  return judgeExperiment(gatePolicySchema.parse({ ...policy, criteria }), evidence, { seed: 's' });
}

it('lets a judge decide whose agreement with people is shown to be high enough', () => {
  const judged = judge(good, {}, { trust: asked });
  expect(judged.verdict).toBe('pass');
  expect(judged.agreement).toMatchObject([{ judge: 'helpful@2', trials: 95, kappa: expect.closeTo(0.895, 3) }]);
});

it('lets no judge pass or fail a candidate whose agreement may be too low, and says what was measured and what to do', () => {
  const judged = judge(chancy, {}, { trust: asked });
  expect(judged.verdict).toBe('inconclusive');
  expect(judged.reasons[0]).toMatch(
    /cannot tell: helpful@2 is not trusted: its agreement with people is kappa 0\.10 \(95 % interval −0\.\d\d to 0\.\d\d\), the lower bound must be at least 0\.60, over 100 labelled trials \(50 needed\); people and helpful@2 disagree: correct its prompt/,
  );
  expect(judged.comparisons[0]).toMatchObject({ verdict: 'inconclusive' });
  expect(judge(chancy, {}, { trust: asked, hypothesis: 'no_regression' }).verdict).toBe('inconclusive');
  expect(judge(chancy, {}, { trust: asked, hypothesis: 'absolute', min: 0.9 }).verdict).toBe('inconclusive');
  expect(judge(chancy, {}, { trust: asked, hypothesis: undefined, mustPass: true }).verdict).toBe('inconclusive');
});

it('asks for enough labels, however well they agree', () => {
  const few = judge(pairsFrom({ 'good/good': 15, 'bad/bad': 15 }), {}, { trust: asked });
  expect(few.verdict).toBe('inconclusive');
  expect(few.reasons[0]).toContain('kappa 1.00');
  expect(few.reasons[0]).toContain('over 30 labelled trials (50 needed); label more of its trials');
  expect(judge(pairsFrom({ 'good/good': 15, 'bad/bad': 15 }), {}, { trust: { ...asked, minLabels: 30 } }).verdict).toBe(
    'pass',
  );
  const none = judge(pairsFrom({}), {}, { trust: asked });
  expect(none.reasons[0]).toContain('nobody has labelled any trial that it judged');
  expect(judge(null, {}, { trust: asked }).verdict).toBe('inconclusive');
});

it('takes one label for everything for no agreement at all, though judge and people never differ', () => {
  expect(judge(pairsFrom({ 'good/good': 200 }), {}, { trust: asked }).verdict).toBe('inconclusive');
});

it('does not forgive a judge that is not trusted under the profile that forgives the undecided', () => {
  const rest = { profile: 'no_regression' as const, criteria: [{ metric: 'errorRate' }] };
  expect(judge(good, { ...rest, trust: asked }).verdict).toBe('pass');
  expect(judge(chancy, { ...rest, trust: asked }).verdict).toBe('inconclusive');
});

it('asks of every judge what the policy says for all, and of no metric that has none', () => {
  const judged = judge(chancy, { trust: asked, criteria: [{ metric: 'errorRate' }] });
  expect(judged.criteria.map(({ metric, verdict }) => [metric, verdict])).toEqual([
    ['helpful', 'inconclusive'],
    ['errorRate', 'pass'],
  ]);
});

it('draws examples anew, so that five answers to one example count as one', () => {
  const table = { 'good/good': 40, 'bad/bad': 40, 'good/bad': 10, 'bad/good': 10 };
  const apart = pairsFrom(table);
  const units = Array.from({ length: 20 }, (_, unit) => ({
    labels: apart.units.slice(5 * unit, 5 * unit + 5).flatMap(({ labels }) => labels),
  }));
  const one = measureAgreement(apart, 0.95);
  const other = measureAgreement({ ...apart, units }, 0.95);
  expect(other).toMatchObject({ kappa: one.kappa, trials: 100, examples: 20 });
  const width = ({ interval }: typeof one) => (interval === null ? 0 : interval[1] - interval[0]);
  expect(width(other)).toBeGreaterThan(1.5 * width(one));
});

it('tells how far people agree among themselves', () => {
  const two = pairsFrom({ 'good/good': 30, 'bad/bad': 30 }, { people: ['ann', 'bo'] });
  for (const [index, { labels }] of two.units.entries()) {
    const [trial, judge, , said] = labels[0] as [number, number, number, number];
    labels.push([trial, judge, 1, index % 10 === 0 ? 1 - said : said]);
  }
  const measured = measureAgreement(two, 0.95);
  expect(measured).toMatchObject({
    trials: 60,
    labels: 120,
    counts: [
      [57, 3],
      [3, 57],
    ],
  });
  expect(measured.alpha).toBeCloseTo(0.8, 1);
  expect(measureAgreement(two, 0.95)).toEqual(measured);
});

it('refuses two sets of labels for one judge', () => {
  const criteria = [
    { metric: 'helpful', trust: { minKappa: 0.5, label: 'a' } },
    { metric: 'helpful', split: 'golden', trust: { minKappa: 0.5, label: 'b' } },
  ];
  expect(() => gatePolicySchema.parse({ criteria })).toThrow('one set of labels');
});
