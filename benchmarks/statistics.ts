/**
 * Speed of the statistics: `node benchmarks/statistics.ts`. Closed forms in microseconds, the rollout test with its interval, resampling beside scipy
 * where Python with scipy is present (PYTHON names another interpreter). Best of several interleaved rounds; the load
 * average stands beside the numbers because a busy machine makes all of them worse.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { bcaInterval } from '../statistics/bca-interval.ts';
import { clopperPearsonInterval } from '../statistics/clopper-pearson-interval.ts';
import { cohenKappa } from '../statistics/cohen-kappa.ts';
import { designMixture, type MixtureStage } from '../statistics/design-mixture.ts';
import { createGenerator } from '../statistics/generator.ts';
import { holm } from '../statistics/holm.ts';
import { mcnemarTest } from '../statistics/mcnemar-test.ts';
import { mixtureInterval } from '../statistics/mixture-interval.ts';
import { newcombeInterval } from '../statistics/newcombe-interval.ts';
import { nonInferiorityTTest } from '../statistics/non-inferiority-t-test.ts';
import { pairedNewcombeInterval } from '../statistics/paired-newcombe-interval.ts';
import { ratioSignFlipInterval } from '../statistics/ratio-sign-flip-interval.ts';
import { sampleRatioTest } from '../statistics/sample-ratio-test.ts';
import { signFlipInterval } from '../statistics/sign-flip-interval.ts';
import { signFlipTest } from '../statistics/sign-flip-test.ts';
import { tangoInterval } from '../statistics/tango-interval.ts';
import { welchTTest } from '../statistics/welch-t-test.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';

type Row = { readonly name: string; readonly microseconds: number; readonly target: string };

const confidence = 0.95;
const candidate = { successes: 412, n: 520 };
const control = { successes: 391, n: 520 };
const table = { both: 350, onlyControl: 41, onlyCandidate: 62, neither: 67, confidence };
const candidateSummary = { mean: 0.792, variance: 0.165, n: 520 };
const controlSummary = { mean: 0.752, variance: 0.187, n: 520 };

const closedForms: Record<string, () => unknown> = {
  'Wilson interval': () => wilsonInterval({ ...candidate, confidence }),
  'Clopper-Pearson interval': () => clopperPearsonInterval({ ...candidate, confidence }),
  'Newcombe interval': () => newcombeInterval({ candidate, control, confidence }),
  'paired Newcombe interval': () => pairedNewcombeInterval(table),
  'Tango interval': () => tangoInterval(table),
  'exact McNemar': () => mcnemarTest(table),
  'Welch t': () => welchTTest({ candidate: candidateSummary, control: controlSummary, confidence }),
  'non-inferiority t': () =>
    nonInferiorityTTest({ candidate: candidateSummary, control: controlSummary, alpha: 0.05, margin: 0.02 }),
  'sample ratio chi-square': () => sampleRatioTest({ observed: [5021, 4979], weights: [0.5, 0.5] }),
  'Holm over 10 p values': () => holm({ pValues: [0.01, 0.2, 0.03, 0.4, 0.05, 0.6, 0.07, 0.8, 0.09, 1], alpha: 0.05 }),
  "Cohen's kappa of 100 labels": () => cohenKappa(labels),
};

const generator = createGenerator('benchmark');
const labels = {
  rater1: Array.from({ length: 100 }, () => generator.nextInt(3)),
  rater2: Array.from({ length: 100 }, () => generator.nextInt(3)),
  labels: [0, 1, 2],
};
const normal = (n: number) => Float64Array.from({ length: n }, () => generator.nextNormal());
const thousand = normal(1_000);
const twentyThousand = normal(20_000);
const [costs, otherCosts] = [normal(1_000).map(Math.exp), normal(1_000).map(Math.exp)];

/** Five strata with every one of 101 values in both arms. */
const stages: readonly MixtureStage[] = [0.05, 0.1, 0.2, 0.35, 0.5].map((candidateShare) => ({
  candidateShare,
  anchor: 0.7,
  cells: (['candidate', 'control'] as const).flatMap((arm) =>
    Array.from({ length: 101 }, (_, bin) => ({ arm, value: bin / 100, count: 20 + generator.nextInt(40) })),
  ),
}));

const resampling: Record<string, { readonly run: () => unknown; readonly target: string }> = {
  'rollout test, 5 strata x 2 arms x 101 values': {
    run: () => designMixture({ stages, alpha: 0.05, margin: 0.02 }),
    target: '',
  },
  'the same with its interval': {
    run: () => [designMixture({ stages, alpha: 0.05, margin: 0.02 }), mixtureInterval({ stages, confidence })],
    target: '5000',
  },
  'BCa, n = 1,000, 10,000 resamples': {
    run: () => bcaInterval({ differences: thousand, confidence, generator: createGenerator(1) }),
    target: '40000',
  },
  'sign-flip test, n = 1,000': {
    run: () => signFlipTest({ differences: thousand, generator: createGenerator(1) }),
    target: '',
  },
  'sign-flip interval, n = 1,000': {
    run: () => signFlipInterval({ differences: thousand, confidence, generator: createGenerator(1) }),
    target: '',
  },
  'sign-flip interval, n = 20,000': {
    run: () => signFlipInterval({ differences: twentyThousand, confidence, generator: createGenerator(1) }),
    target: '',
  },
  'ratio of means by sign flips, n = 1,000': {
    run: () =>
      ratioSignFlipInterval({ candidate: costs, control: otherCosts, confidence, generator: createGenerator(1) }),
    target: '',
  },
};

/** Best mean time of one call over `rounds` rounds of `calls` calls. */
function best(run: () => unknown, calls: number, rounds: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    least = Math.min(least, (performance.now() - start) / calls);
  }
  return 1_000 * least;
}

/** scipy's BCa of the same size on this machine, in microseconds; null where there is no Python with scipy. */
function scipyBca(): { readonly microseconds: number; readonly version: string } | null {
  const script = `
import time, numpy as np, scipy
from scipy.stats import bootstrap
x = np.random.default_rng(1).normal(size=1000)
best = 1e9
for batch in (None, 500, None, 500, None, 500):
    t = time.perf_counter()
    bootstrap((x,), np.mean, n_resamples=10000, batch=batch, method='BCa', vectorized=True, rng=np.random.default_rng(1))
    best = min(best, time.perf_counter() - t)
print(scipy.__version__, best * 1e6)
`;
  const { status, stdout } = spawnSync(process.env.PYTHON ?? 'python3', ['-c', script], { encoding: 'utf8' });
  if (status !== 0) return null;
  const [version, microseconds] = stdout.trim().split(' ');
  return { version: version as string, microseconds: Number(microseconds) };
}

const load = () =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
console.log(`Node ${process.version}, ${availableParallelism()} cores, load average before ${load()}`);
const rows: Row[] = [
  ...Object.entries(closedForms).map(([name, run]) => ({ name, microseconds: best(run, 2_000, 7), target: '50' })),
  ...Object.entries(resampling).map(([name, { run, target }]) => ({ name, microseconds: best(run, 1, 15), target })),
];
const scipy = scipyBca();
if (scipy !== null) {
  const name = `scipy ${scipy.version} BCa, n = 1,000, 10,000 resamples`;
  rows.push({ name, microseconds: scipy.microseconds, target: '' });
}
console.log(`${'what'.padEnd(52)}${'us'.padStart(12)}${'at most'.padStart(10)}`);
for (const { name, microseconds, target } of rows) {
  console.log(`${name.padEnd(52)}${microseconds.toFixed(1).padStart(12)}${target.padStart(10)}`);
}
if (scipy === null) console.log('no Python with scipy here: its BCa is not shown (PYTHON names an interpreter)');
console.log(`load average after ${load()}`);
const missed = rows.filter(({ microseconds, target }) => target !== '' && microseconds > Number(target));
for (const { name } of missed) console.log(`missed: ${name}`);
process.exitCode = missed.length > 0 ? 1 : 0;
