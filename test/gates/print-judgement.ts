/** Prints what a gate says of one fixed evidence, of every kind of metric: run by `determinism.test.ts` in a process of its own. */
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { gatePolicySchema } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

const random = createGenerator('determinism');
const examples = 120;
const repetitions = 2;
const cells = (value: () => number) => ({
  control: listOf(examples * repetitions, value),
  a: listOf(examples * repetitions, value),
  b: listOf(examples * repetitions, value),
});
const evidence = evidenceOf(
  [
    metricOf(
      'correct',
      cells(() => +(random.next() < 0.6)),
    ),
    metricOf('quality', cells(random.next), { kind: 'score' }),
    metricOf(
      'latencyMs',
      cells(() => 100 + 400 * random.next()),
      { kind: 'duration', direction: 'lower' },
    ),
    metricOf(
      'costUsd',
      cells(() => Math.exp(random.nextNormal())),
      { kind: 'money', direction: 'lower' },
    ),
    metricOf(
      'tokens',
      cells(() => random.nextInt(900)),
      { kind: 'count', direction: 'lower' },
    ),
    metricOf(
      'errorRate',
      cells(() => +(random.next() < 0.05)),
      { direction: 'lower' },
    ),
  ],
  {
    repetitions,
    clusterKeys: listOf(examples, (i) => i).map((i) => (i % 3 === 0 ? `c${i % 40}` : null)),
    splits: { golden: Uint32Array.from(listOf(20, (i) => 3 * i)) },
    slices: { language: { de: Uint32Array.from(listOf(60, (i) => 2 * i)), en: Uint32Array.of(1, 3, 5, 7, 9, 11, 13) } },
  },
);
const policy = gatePolicySchema.parse({ profile: 'improve', slices: ['language'] });
console.log(
  JSON.stringify([
    judgeExperiment(policy, evidence, { seed: 'plan' }),
    judgeExperiment(null, evidence, { seed: 'plan' }),
  ]),
);
