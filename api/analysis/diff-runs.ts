import { changedExamples } from '../../gates/changed-examples.ts';
import { type JoinedEvidence, joinEvidence } from '../../gates/join-evidence.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import {
  type DiffAnswer,
  type DiffChange,
  type DiffExample,
  type DiffSide,
  diffChanges,
  type RunDiff,
} from '../../schema/contracts/diff.ts';
import type { ExperimentEvidence } from '../../schema/contracts/evidence.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { builtinMetrics } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../../store/open-database.ts';
import { loadAnswers } from '../../store/runs/load-answers.ts';
import { loadEvidence } from '../../store/runs/load-evidence.ts';
import { loadOutputs } from '../../store/runs/load-outputs.ts';
import { requireOne } from './find-changes.ts';

export interface DiffRunsInput {
  a: DiffSide;
  b: DiffSide;
  plans: { a: Plan; b: Plan };
  metric: string | undefined;
  change: DiffChange | undefined;
  limit: number;
}

/**
 * Two variants, of one run or of two, example by example, with the paired difference of each metric.
 * @throws {SluiceError} invalid_input when they have nothing in common
 */
export async function diffRuns(db: Store, input: DiffRunsInput): Promise<RunDiff> {
  const { a, b, plans } = input;
  const evidenceOfA = await loadEvidence(db, a.run, plans.a);
  const evidenceOfB = a.run === b.run ? evidenceOfA : await loadEvidence(db, b.run, plans.b);
  const joined = joinEvidence(
    { evidence: evidenceOfA, variant: a.variant, outputs: await loadOutputs(db, a.run, a.variant) },
    { evidence: evidenceOfB, variant: b.variant, outputs: await loadOutputs(db, b.run, b.variant) },
  );
  const { evidence } = joined;
  if (evidence.exampleIds.length === 0) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${a.run} (${a.dataset}) and ${b.run} (${b.dataset}) have no example in common: ${evidenceOfA.exampleIds.length} and ${evidenceOfB.exampleIds.length} examples, ${joined.changed.length} of equal id with other content`,
      fix: 'Compare runs over the same split, or give examples ids that stay when the dataset is pushed again.',
    });
  }
  const names = evidence.metrics.map(({ name }) => name);
  const metric = input.metric ?? names.find((name) => !(name in builtinMetrics)) ?? 'errorRate';
  requireOne('metric', metric, names);
  const judged = judgeExperiment(
    { criteria: evidence.metrics.map(({ name }) => ({ metric: name, hypothesis: 'no_regression' })) },
    evidence,
    { seed: `${a.run}:${a.variant} ${b.run}:${b.variant}` },
  );
  const byChange = sortByChange(joined, metric);
  const kinds = input.change ? [input.change] : shownFirst;
  const chosen = kinds.flatMap((change) => byChange[change].map((id) => ({ id, change }))).slice(0, input.limit);
  return {
    a,
    b,
    compared: evidence.exampleIds.length,
    metric,
    counts: Object.fromEntries(diffChanges.map((change) => [change, byChange[change].length])) as RunDiff['counts'],
    examples: await describe(db, chosen, input, metric),
    metrics: judged.metrics,
    comparisons: judged.comparisons,
    warnings: [...joined.warnings, ...judgeWarnings(plans, names), ...judged.warnings],
  };
}

/** What a reader wants to see first; the rest only when asked for. */
const shownFirst: DiffChange[] = ['regressed', 'improved', 'flaky', 'only_in_a', 'only_in_b', 'changed'];

/** Every example in one list, but flaky ones, which stand in another one too. */
function sortByChange(joined: JoinedEvidence, metric: string): Record<DiffChange, string[]> {
  const { evidence, onlyInA, onlyInB, changed } = joined;
  const { improved, regressed, flaky } = changedExamples(evidence, metric, 'b');
  const moved = new Set([...improved, ...regressed]);
  const rest = evidence.exampleIds.map((id, position) => ({ id, position })).filter(({ id }) => !moved.has(id));
  const known = rest.filter(
    ({ position }) => hasValue(evidence, metric, 'a', position) && hasValue(evidence, metric, 'b', position),
  );
  const same = ({ position }: { position: number }) => evidence.identical.b?.[position] === 1;
  const ids = (list: { id: string }[]) => list.map(({ id }) => id);
  return {
    improved,
    regressed,
    flaky,
    identical: ids(known.filter(same)),
    level: ids(known.filter((one) => !same(one))),
    only_in_a: onlyInA,
    only_in_b: onlyInB,
    changed,
    unknown: ids(rest.filter((one) => !known.includes(one))),
  };
}

function hasValue(evidence: ExperimentEvidence, name: string, variant: string, position: number): boolean {
  const values = evidence.metrics.find((metric) => metric.name === name)?.values[variant];
  const first = position * evidence.repetitions;
  return values?.subarray(first, first + evidence.repetitions).some((value) => !Number.isNaN(value)) ?? false;
}

async function describe(
  db: Store,
  chosen: { id: string; change: DiffChange }[],
  { a, b }: DiffRunsInput,
  metric: string,
): Promise<DiffExample[]> {
  const exampleIds = [...new Set(chosen.map(({ id }) => id))];
  const ofA = await loadAnswers(db, a.run, { exampleIds, variants: [a.variant] });
  const ofB = await loadAnswers(db, b.run, { exampleIds, variants: [b.variant] });
  return chosen.map(({ id, change }) => {
    const said = (found: typeof ofA): DiffAnswer[] =>
      (found.get(id)?.answers ?? []).map(({ output, error, scores }) => ({
        output,
        error,
        score: scores[metric] ?? null,
      }));
    const shown = ofB.get(id) ?? ofA.get(id);
    return { id, change, input: shown?.input ?? null, expected: shown?.expected ?? null, a: said(ofA), b: said(ofB) };
  });
}

/** Scores of evaluators that were not the same are no fair comparison. */
function judgeWarnings(plans: DiffRunsInput['plans'], names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const one = plans.a.evaluators.find(({ config }) => config.name === name);
    const two = plans.b.evaluators.find(({ config }) => config.name === name);
    if (!one || !two || one.versionId === two.versionId) return [];
    return [`${name} was judged by version ${one.version} of the evaluator in a and by version ${two.version} in b`];
  });
}
