import { sql } from 'kysely';
import { annotatorKindOf, metricOfEvaluator } from '../../schema/contracts/evaluator.ts';
import type { ExperimentEvidence, MetricEvidence } from '../../schema/contracts/evidence.ts';
import { sliceKeysOf, trustOf } from '../../schema/contracts/gate.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { type BuiltinMetric, builtinMetrics } from '../../schema/contracts/words.ts';
import { loadLabelPairs } from '../annotations/load-label-pairs.ts';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';
import { readNumbers } from '../read-column.ts';
import { evenPairs } from './even-pairs.ts';
import { loadGolden } from './load-golden.ts';
import { loadSlices } from './load-slices.ts';

/** One entry per row; NaN where a row has no value. */
interface TrialColumns<Column = Float64Array> {
  variant: string;
  cell: Column;
  /** 0 succeeded, 1 failed by the agent, 2 failed by the platform. */
  outcome: Column;
  latency_ms: Column;
  cost_usd: Column;
  tokens: Column;
  steps: Column;
  /** 16 bytes per row; zeros where there is no output. */
  output_hash: Buffer;
}

interface ScoreColumns<Column = Float64Array> {
  variant: string;
  name: string;
  cell: Column;
  score: Column;
  /** Only with evaluators of convergence: 1 for a trial that never converged. */
  censored?: Column;
}

/** A column of numbers as bytes, in the order of the rows. */
const column = (value: ReturnType<typeof sql>) => sql`string_agg(float8send(coalesce(${value}, 'NaN')), '')`;

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
  const cell = sql`(t.ordinal * ${plan.repetitions}::int + t.repetition)::float8`;
  const { rows: trials } = await sql<TrialColumns<Buffer>>`
    select variant,
      ${column(cell)} as cell,
      ${column(sql`case when status = 'succeeded' then 0 when caused_by = 'agent' then 1 else 2 end::float8`)} as outcome,
      ${column(sql`latency_ms`)} as latency_ms,
      ${column(sql`cost_usd`)} as cost_usd,
      ${column(sql`case when input_tokens is null and output_tokens is null then null
        else coalesce(input_tokens, 0) + coalesce(output_tokens, 0) end`)} as tokens,
      ${column(sql`steps`)} as steps,
      string_agg(coalesce(uuid_send(md5(output_hash)::uuid), decode(repeat('00', 16), 'hex')), '') as output_hash
    from trial t where run_id = ${runId} group by variant`.execute(db);
  const censored = plan.evaluators.some(({ config }) => config.type === 'convergence')
    ? sql`, ${column(sql`case when s.label = 'never_converged' then 1 else 0 end::float8`)} as censored`
    : sql``;
  const { rows: scores } = await sql<ScoreColumns<Buffer>>`
    select t.variant, s.name, ${column(cell)} as cell, ${column(sql`s.score`)} as score ${censored}
    from trial t join score s on s.subject_id = t.id
    where t.run_id = ${runId} and s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`}
      and s.evaluator_version_id in (${sql.join([...plan.evaluators.map((one) => one.versionId), ''])})
    group by t.variant, s.name`.execute(db);

  const cells = examples.length * plan.repetitions;
  const names = plan.variants.map((variant) => variant.name);
  const byVariant = new Map(
    trials.map(({ variant, output_hash, ...columns }): [string, TrialColumns] => [
      variant,
      { variant, output_hash, ...numbersIn(columns) },
    ]),
  );
  const judged = scores.map(
    ({ variant, name, censored: marks, ...columns }): ScoreColumns => ({
      variant,
      name,
      ...numbersIn(columns),
      ...(marks === undefined ? {} : numbersIn({ censored: marks })),
    }),
  );
  const metrics: MetricEvidence[] = [
    ...plan.evaluators.map(({ config }) => evaluatorMetric(config, names, cells, byVariant, judged)),
    ...(Object.keys(builtinMetrics) as BuiltinMetric[]).map((name) => builtinMetric(name, names, cells, byVariant)),
  ];
  const golden = await loadGolden(db, runId);
  return {
    control: 'control',
    candidates: names.filter((name) => name !== 'control'),
    repetitions: plan.repetitions,
    exampleIds: examples.map((example) => example.example_id),
    clusterKeys: examples.map((example) => example.cluster_key),
    splits: splitsOf(examples.map((example) => example.splits)),
    ...(Object.keys(golden).length > 0 ? { golden } : {}),
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
    ...(await readAgreement(db, runId, plan)),
  };
}

/** What people said of the trials of each judge that the policy asks trust of, in any run. */
async function readAgreement(db: Store, runId: string, plan: Plan): Promise<Pick<ExperimentEvidence, 'agreement'>> {
  const asked = plan.evaluators.flatMap(({ config, versionId }) => {
    const trust = trustOf(plan.gate.policy, config.name, annotatorKindOf(config) === 'LLM');
    return trust === undefined ? [] : [{ metric: config.name, versionId, trust }];
  });
  if (asked.length === 0) return {};
  const { project_id: projectId } = await db
    .selectFrom('run')
    .select('project_id')
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
  const agreement: NonNullable<ExperimentEvidence['agreement']> = {};
  for (const { metric, versionId, trust } of asked) {
    const { label, threshold } = trust;
    agreement[metric] = await loadLabelPairs(db, { projectId, versionId, label, threshold });
  }
  return { agreement };
}

function evaluatorMetric(
  config: Plan['evaluators'][number]['config'],
  variants: string[],
  cells: number,
  trials: Map<string, TrialColumns>,
  scores: ScoreColumns[],
): MetricEvidence {
  const metric = emptyMetric(config);
  const failed: Record<string, Uint8Array> = {};
  for (const variant of variants) {
    const values = new Float64Array(cells).fill(Number.NaN);
    const missing = new Uint8Array(cells).fill(1);
    const failures = new Uint8Array(cells);
    const censored = metric.censored === undefined ? undefined : new Uint8Array(cells);
    const columns = trials.get(variant);
    columns?.cell.forEach((cell, row) => {
      if (columns.outcome[row] !== 1) return;
      failures[cell] = 1;
      values[cell] = 0;
      missing[cell] = 0;
      // Nobody saw it come to an answer: watched for no step.
      if (censored !== undefined) censored[cell] = 1;
    });
    const judged = scores.find((one) => one.variant === variant && one.name === config.name);
    judged?.cell.forEach((cell, row) => {
      const score = judged.score[row];
      if (score === undefined || Number.isNaN(score)) return;
      values[cell] = score;
      missing[cell] = 0;
      if (censored !== undefined) censored[cell] = judged.censored?.[row] ?? 0;
    });
    metric.values[variant] = values;
    metric.missing[variant] = missing;
    failed[variant] = failures;
    if (metric.censored !== undefined && censored !== undefined) metric.censored[variant] = censored;
  }
  return config.type === 'pairwise' ? evenPairs(metric, 'control', failed) : metric;
}

function emptyMetric(config: Plan['evaluators'][number]['config']): MetricEvidence {
  const metric = { name: config.name, ...metricOfEvaluator(config), values: {}, missing: {} };
  if (config.type !== 'convergence') return metric;
  return { ...metric, censored: {}, ...(config.maxSteps === undefined ? {} : { horizon: config.maxSteps }) };
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
      if (name === 'errorRate') values[cell] = outcome ?? Number.NaN;
      // Money spent is money spent: what a failed trial cost counts, where it is known.
      else if (outcome === 0 || isSpending(name)) values[cell] = builtinValue(columns, name, row);
    });
    metric.values[variant] = values;
    metric.missing[variant] = missing;
  }
  return metric;
}

function isSpending(name: BuiltinMetric): boolean {
  return name === 'costUsd' || name === 'tokens';
}

function builtinValue(columns: TrialColumns, name: Exclude<BuiltinMetric, 'errorRate'>, row: number): number {
  const byName = {
    latencyMs: columns.latency_ms,
    costUsd: columns.cost_usd,
    tokens: columns.tokens,
    steps: columns.steps,
  };
  return byName[name][row] ?? Number.NaN;
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
  const bytesPerHash = 16;
  const hashes = new Uint8Array(examples * repetitions * bytesPerHash);
  control?.cell.forEach((cell, row) => {
    hashes.set(control.output_hash.subarray(row * bytesPerHash, (row + 1) * bytesPerHash), cell * bytesPerHash);
  });
  const same = new Uint8Array(examples * repetitions);
  candidate?.cell.forEach((cell, row) => {
    const from = row * bytesPerHash;
    let equal = true;
    let answered = false;
    for (let byte = 0; byte < bytesPerHash; byte += 1) {
      const one = candidate.output_hash[from + byte] as number;
      equal &&= one === hashes[cell * bytesPerHash + byte];
      answered ||= one !== 0;
    }
    if (equal && answered) same[cell] = 1;
  });
  const identical = new Uint8Array(examples);
  for (let example = 0; example < examples; example += 1) {
    identical[example] = same.subarray(example * repetitions, (example + 1) * repetitions).every(Boolean) ? 1 : 0;
  }
  return identical;
}

function numbersIn<Name extends string>(columns: Record<Name, Buffer>): Record<Name, Float64Array> {
  const entries = Object.entries<Buffer>(columns).map(([name, bytes]) => [name, readNumbers(bytes)]);
  return Object.fromEntries(entries) as Record<Name, Float64Array>;
}
