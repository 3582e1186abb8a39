import type { AddedAnnotations, AnnotationInput } from '../../../schema/contracts/annotation.ts';
import type { EvaluatorConfig } from '../../../schema/contracts/evaluator.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import type { Plan } from '../../../schema/contracts/plan.ts';
import { type ErrorDetail, SluiceError } from '../../../schema/errors.ts';
import { addAnnotations as storeAnnotations } from '../../../store/annotations/add-annotations.ts';
import { resolveSubjects, type Subject } from '../../../store/annotations/resolve-subjects.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import type { SignedContext } from '../../context.ts';
import { requireExperiment } from '../runs/require-experiment.ts';
import { requirePerson } from './require-person.ts';

/** Most mistakes told at once. */
const mostTold = 20;

/**
 * Stores what the caller, a person, says of trials of a run: all of it or nothing. Sending it again changes nothing.
 * @throws {SluiceError} forbidden for services; invalid_input naming every annotation that has no trial, no output or an
 *   unknown label
 */
export async function addAnnotations({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { run: string; annotations: AnnotationInput[] };
}): Promise<AddedAnnotations> {
  const person = requirePerson(ctx);
  const run = await requireExperiment(ctx, input.run, 'annotated');
  const { annotations } = input;
  const subjects = await resolveSubjects(ctx.db, run.id, annotations);
  const problems: ErrorDetail[] = [];
  const first = new Map<string, number>();
  const placed = annotations.flatMap((annotation, index) => {
    const subject = subjects[index] ?? null;
    const choices = choicesOf(run.plan, annotation.name);
    const tell = (message: string) => {
      problems.push({ path: `annotations[${index}]`, message });
      return [];
    };
    const why = whyRefused(annotation, subject, choices);
    if (why !== null || subject === null) return tell(why ?? 'there is no such trial');
    const key = JSON.stringify([subject.trialId, annotation.name]);
    const twin = first.get(key);
    if (twin !== undefined) return tell(`labels the same trial as annotations[${twin}]`);
    first.set(key, index);
    const { trialId, exampleRevisionId } = subject;
    const { name, label = null, explanation = null } = annotation;
    const score = annotation.score ?? (label === null ? null : (scoreOf(choices, label) ?? null));
    return [{ trialId, exampleRevisionId, name, label, score, explanation }];
  });
  if (problems.length > 0) throw refusal(run.id, problems, annotations.length);
  const { projectId, actor } = ctx.principal;
  return ctx.db.transaction().execute(async (trx) => {
    const stored = await storeAnnotations(trx, { projectId, runId: run.id, person, annotations: placed });
    if (stored.added + stored.changed > 0) {
      const names = [...new Set(placed.map(({ name }) => name))].join(', ');
      const detail = { names, added: stored.added, changed: stored.changed };
      const event = { projectId, actor, verb: 'annotation.add', subject: `run:${run.id}`, detail };
      await appendAuditEvent(trx, event, ctx.auditKey);
    }
    return stored;
  });
}

function whyRefused(
  annotation: AnnotationInput,
  subject: Subject | null,
  choices: Record<string, number> | null,
): string | null {
  if (subject === null) {
    const { subject: asked, exampleId, variant, repetition = 0 } = annotation;
    const named = asked ?? `of example "${exampleId}", variant "${variant}", repetition ${repetition}`;
    return `the run has no trial ${named}`;
  }
  if (subject.status === 'failed') return 'this trial failed, so there is no output to judge';
  const { label } = annotation;
  if (choices === null || label === undefined || scoreOf(choices, label) !== undefined) return null;
  const known = Object.keys(choices);
  return `"${label}" is no label of the judge "${annotation.name}"${suggest(label, known)}`;
}

/** The closed label set of the judge of that name in the run; null where there is none. */
function choicesOf(plan: Plan, name: string): Record<string, number> | null {
  const config = plan.evaluators.find((one) => one.config.name === name)?.config as EvaluatorConfig | undefined;
  return config?.type === 'llm_judge' ? config.choices : null;
}

function scoreOf(choices: Record<string, number> | null, label: string): number | undefined {
  const wanted = label.trim().toLowerCase();
  return Object.entries(choices ?? {}).find(([choice]) => choice.trim().toLowerCase() === wanted)?.[1];
}

function refusal(runId: string, problems: ErrorDetail[], count: number): SluiceError {
  const [one] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new SluiceError({
    code: 'invalid_input',
    message: `run ${runId}: ${problems.length} of ${count} labels cannot be taken: ${one?.path}: ${one?.message}${more}`,
    details: problems.slice(0, mostTold),
    fix: 'Correct these; nothing was stored. `sluice annotation export RUN` writes a sheet that names the trials.',
  });
}
