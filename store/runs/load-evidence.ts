import { sql } from 'kysely';
import { kindOfEvaluator } from '../../schema/contracts/evaluator.ts';
import type { ExperimentEvidence, MetricEvidence } from '../../schema/contracts/evidence.ts';
import { sliceKeysOf } from '../../schema/contracts/gate.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { type BuiltinMetric, builtinMetrics } from '../../schema/contracts/words.ts';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';
import { loadSlices } from './load-slices.ts';

interface TrialColumns {
  variant: string;
  cell: number[];
  /** 0 succeeded, 1 failed by the agent, 2 failed by the platform. */
  outcome: number[];
  latency_ms: (number | null)[];
  cost_usd: (number | null)[];
  tokens: (number | null)[];
  steps: (number | null)[];
  output_hash: (string | null)[];
}

interface ScoreColumns {
  variant: string;
  name: string;
  cell: number[];
  score: (number | null)[];
}

/**
 * Everything a gate may look at, in columns. A cell is (example, repetition); failures of the agent score 0 and count
 * in errorRate, failures of the platform and of evaluators are marked missing. Slices are loaded for the metadata keys
 * that the plan's policy names.
 */
export function loadEvidence(db: Store, runId: string, plan: Plan): Promise<ExperimentEvidence> {
  return bulkRead(db, (trx) => readEvidence(trx, runId, plan));
}

async function readEvidence(db: Store, runId: string, plan: Plan): Promise<ExperimentEvidence> {
  const examples = await db
    .selectFrom('plan_example')
    .select(['example_id', 'cluster_key', 'splits'])
    .where('run_id', '=', runId)
    .orderBy('ordinal')
    .execute();
  const { rows: trials } = await sql<TrialColumns>`
    select variant,
      array_agg(ordinal * ${plan.repetitions}::int + repetition) as cell,
      array_agg(case when status = 'succeeded' then 0 when caused_by = 'agent' then 1 else 2 end) as outcome,
      array_agg(latency_ms) as latency_ms,
      array_agg(cost_usd) as cost_usd,
      array_agg(case when input_tokens is null and output_tokens is null then null
        else coalesce(input_tokens, 0) + coalesce(output_tokens, 0) end) as tokens,
      array_agg(steps) as steps,
      array_agg(output_hash) as output_hash
    from trial where run_id = ${runId} group by variant`.execute(db);
  const { rows: scores } = await sql<ScoreColumns>`
    select t.variant, s.name, array_agg(t.ordinal * ${plan.repetitions}::int + t.repetition) as cell,
      array_agg(s.score) as score
    from trial t join score s on s.subject_id = t.id
    where t.run_id = ${runId} and s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`}
      and s.evaluator_version_id in (${sql.join([...plan.evaluators.map((one) => one.versionId), ''])})
    group by t.variant, s.name`.execute(db);

  const cells = examples.length * plan.repetitions;
  const names = plan.variants.map((variant) => variant.name);
  const byVariant = new Map(trials.map((columns) => [columns.variant, columns]));
  const metrics: MetricEvidence[] = [
    ...plan.evaluators.map(({ config }) => evaluatorMetric(config, names, cells, byVariant, scores)),
    ...(Object.keys(builtinMetrics) as BuiltinMetric[]).map((name) => builtinMetric(name, names, cells, byVariant)),
  ];
  return {
    control: 'control',
    candidates: names.filter((name) => name !== 'control'),
    repetitions: plan.repetitions,
    exampleIds: examples.map((example) => example.example_id),
    clusterKeys: examples.map((example) => example.cluster_key),
    splits: splitsOf(examples.map((example) => example.splits)),
    slices: await loadSlices(db, runId, sliceKeysOf(plan.gate.policy)),
    identical: Object.fromEntries(
      names
        .filter((name) => name !== 'control')
        .map((name) => [
          name,
          identicalTo(byVariant.get('control'), byVariant.get(name), examples.length, plan.repetitions),
        ]),
    ),
    metrics,
  };
}

function evaluatorMetric(
  config: Plan['evaluators'][number]['config'],
  variants: string[],
  cells: number,
  trials: Map<string, TrialColumns>,
  scores: ScoreColumns[],
): MetricEvidence {
  const kind = kindOfEvaluator(config);
  const metric: MetricEvidence = {
    name: config.name,
    kind,
    direction: 'higher',
    range: kind === 'score' ? null : [0, 1],
    values: {},
    missing: {},
  };
  for (const variant of variants) {
    const values = new Float64Array(cells).fill(Number.NaN);
    const missing = new Uint8Array(cells).fill(1);
    const columns = trials.get(variant);
    columns?.cell.forEach((cell, row) => {
      if (columns.outcome[row] !== 1) return;
      values[cell] = 0;
      missing[cell] = 0;
    });
    const judged = scores.find((one) => one.variant === variant && one.name === config.name);
    judged?.cell.forEach((cell, row) => {
      const score = judged.score[row];
      if (score === null || score === undefined) return;
      values[cell] = score;
      missing[cell] = 0;
    });
    metric.values[variant] = values;
    metric.missing[variant] = missing;
  }
  return metric;
}

function builtinMetric(
  name: BuiltinMetric,
  variants: string[],
  cells: number,
  trials: Map<string, TrialColumns>,
): MetricEvidence {
  const metric: MetricEvidence = {
    name,
    ...builtinMetrics[name],
    range: name === 'errorRate' ? [0, 1] : null,
    values: {},
    missing: {},
  };
  for (const variant of variants) {
    const values = new Float64Array(cells).fill(Number.NaN);
    const missing = new Uint8Array(cells).fill(1);
    const columns = trials.get(variant);
    columns?.cell.forEach((cell, row) => {
      const outcome = columns.outcome[row];
      if (outcome === 2) return;
      missing[cell] = 0;
      const value = name === 'errorRate' ? (outcome ?? null) : outcome === 0 ? builtinValue(columns, name, row) : null;
      if (value !== null) values[cell] = value;
    });
    metric.values[variant] = values;
    metric.missing[variant] = missing;
  }
  return metric;
}

function builtinValue(columns: TrialColumns, name: Exclude<BuiltinMetric, 'errorRate'>, row: number): number | null {
  const column = {
    latencyMs: columns.latency_ms,
    costUsd: columns.cost_usd,
    tokens: columns.tokens,
    steps: columns.steps,
  };
  return column[name][row] ?? null;
}

function splitsOf(rows: string[][]): Record<string, Uint32Array> {
  const lists: Record<string, number[]> = {};
  rows.forEach((splits, index) => {
    for (const split of splits) {
      lists[split] ??= [];
      lists[split].push(index);
    }
  });
  return Object.fromEntries(Object.entries(lists).map(([split, list]) => [split, Uint32Array.from(list)]));
}

function identicalTo(
  control: TrialColumns | undefined,
  candidate: TrialColumns | undefined,
  examples: number,
  repetitions: number,
): Uint8Array {
  const hashes = new Array<string | null>(examples * repetitions).fill(null);
  control?.cell.forEach((cell, row) => {
    hashes[cell] = control.output_hash[row] ?? null;
  });
  const same = new Uint8Array(examples * repetitions);
  candidate?.cell.forEach((cell, row) => {
    const hash = candidate.output_hash[row] ?? null;
    if (hash !== null && hash === hashes[cell]) same[cell] = 1;
  });
  const identical = new Uint8Array(examples);
  for (let example = 0; example < examples; example += 1) {
    identical[example] = same.subarray(example * repetitions, (example + 1) * repetitions).every(Boolean) ? 1 : 0;
  }
  return identical;
}
