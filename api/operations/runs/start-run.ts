import canonicalize from 'canonicalize';
import type { Transaction } from 'kysely';
import type { ExperimentSpec } from '../../../schema/contracts/spec.ts';
import { newId, sha256 } from '../../../schema/ids.ts';
import type { Database } from '../../../schema/tables/database.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { insertRun } from '../../../store/runs/insert-run.ts';
import type { SignedContext } from '../../context.ts';
import { resolvePlan } from './resolve-plan.ts';
import type { StartedRun } from './same-run.ts';
import { startOnce } from './start-once.ts';

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
  return startOnce(ctx, { name: input.spec.name, specHash, idempotencyKey }, async () => {
    const plan = await resolvePlan(ctx, input);
    const planHash = sha256(canonicalize(plan) ?? '');
    const id = newId('run');
    const insert = async (trx: Transaction<Database>) => {
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
    };
    return { id, insert };
  });
}
