import { sql } from 'kysely';
import type { Step } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** One answer, with all that a judge may look at. */
export interface AnswerToScore {
  trialId: string;
  variant: string;
  input: Json;
  expected: Json | undefined;
  metadata: Record<string, Json>;
  output: Json;
  steps: Step[] | undefined;
  /** What control did on the same example and repetition; null while there is no such trial. */
  control: { output: Json } | { failedBy: 'agent' | 'platform' } | null;
  /** Evaluator versions that have said something of it. */
  scoredBy: string[];
}

/** The answers of examples [fromOrdinal, toOrdinal), in plan order. */
export async function loadAnswersToScore(
  db: Store,
  input: { runId: string; variants: string[]; versions: string[]; fromOrdinal: number; toOrdinal: number },
): Promise<AnswerToScore[]> {
  const [{ rows: examples }, { rows: trials }] = await Promise.all([
    sql<{ ordinal: number; input: Json; expected: Json | null; metadata: Record<string, Json> }>`
      select e.ordinal, r.input, r.expected, r.metadata
      from plan_example e join example_revision r on r.id = e.example_revision_id
      where e.run_id = ${input.runId} and e.ordinal >= ${input.fromOrdinal} and e.ordinal < ${input.toOrdinal}`.execute(
      db,
    ),
    sql<{
      id: string;
      variant: string;
      ordinal: number;
      repetition: number;
      failed_by: 'agent' | 'platform' | null;
      output: Json;
      trajectory: Step[] | null;
      scored_by: string[];
    }>`
      select t.id, t.variant, e.ordinal, t.repetition, t.caused_by as failed_by, t.output, t.trajectory,
        array(select s.evaluator_version_id from score s
          where s.subject_id = t.id and s.identifier = ''
            and s.evaluator_version_id = any(${input.versions}::text[])) as scored_by
      from plan_example e
      cross join unnest(${input.variants}::text[]) with ordinality as v(name, place)
      join trial t on t.run_id = e.run_id and t.variant = v.name and t.example_id = e.example_id
      where e.run_id = ${input.runId} and e.ordinal >= ${input.fromOrdinal} and e.ordinal < ${input.toOrdinal}
      order by e.ordinal, t.repetition, v.place`.execute(db),
  ]);
  const contents = new Map(examples.map((example) => [example.ordinal, example]));
  const controls = new Map(
    trials
      .filter(({ variant }) => variant === 'control')
      .map((trial) => [`${trial.ordinal}/${trial.repetition}`, trial]),
  );
  return trials.flatMap((trial) => {
    const example = contents.get(trial.ordinal);
    if (trial.failed_by !== null || !example) return [];
    const control = controls.get(`${trial.ordinal}/${trial.repetition}`);
    return {
      trialId: trial.id,
      variant: trial.variant,
      input: example.input,
      expected: example.expected ?? undefined,
      metadata: example.metadata,
      output: trial.output,
      steps: trial.trajectory ?? undefined,
      control: !control
        ? null
        : control.failed_by === null
          ? { output: control.output }
          : { failedBy: control.failed_by },
      scoredBy: trial.scored_by,
    };
  });
}
