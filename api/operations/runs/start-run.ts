import canonicalize from 'canonicalize';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { newId, sha256 } from '../../../schema/ids.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { findRunByKey } from '../../../store/runs/find-run.ts';
import { insertRun } from '../../../store/runs/insert-run.ts';
import type { SignedContext } from '../../context.ts';
import { resolvePlan } from './resolve-plan.ts';
import { type StartedRun, sameRun } from './same-run.ts';

/**
 * Accepts a run: its row, audit event and outbox entry in one transaction. The same key with the same spec gives the
 * same run, whatever the parallelism; with another spec it is a conflict.
 */
export async function startRun({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { spec: ExperimentSpec; idempotencyKey?: string; limit?: number; rerunOf?: string };
}): Promise<StartedRun> {
  const { projectId, actor } = ctx.principal;
  const idempotencyKey = input.idempotencyKey ?? null;
  // The commit it was started from is no part of what is asked: a retry from a later one is the same start.
  const { git: _, ...asked } = input.spec;
  const specHash = sha256(canonicalize({ spec: asked, limit: input.limit ?? null }) ?? '');
  const earlier = idempotencyKey === null ? null : await findRunByKey(ctx.db, projectId, idempotencyKey);
  if (earlier) return sameRun(earlier, specHash);

  const plan = await resolvePlan(ctx, input);
  const planHash = sha256(canonicalize(plan) ?? '');
  const id = newId('run');
  const inserted = await ctx.db.transaction().execute(async (trx) => {
    const added = await insertRun(trx, {
      id,
      projectId,
      name: input.spec.name,
      spec: input.spec,
      specHash,
      plan,
      planHash,
      idempotencyKey,
      requestedBy: actor,
      rerunOf: input.rerunOf ?? null,
    });
    if (!added) return false;
    await appendAuditEvent(
      trx,
      {
        projectId,
        actor,
        verb: 'run.start',
        subject: `run:${id}`,
        detail: { planHash, ...(input.rerunOf ? { rerunOf: input.rerunOf } : {}) },
      },
      ctx.auditKey,
    );
    await addToOutbox(trx, { topic: 'start_experiment', payload: { runId: id } });
    return true;
  });
  if (inserted) {
    ctx.dispatch();
    return { id, name: input.spec.name, created: true };
  }
  const winner = await findRunByKey(ctx.db, projectId, idempotencyKey ?? '');
  if (!winner) throw new Error(`run ${id} was refused without a holder of its idempotency key`);
  return sameRun(winner, specHash);
}
