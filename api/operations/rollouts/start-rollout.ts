import canonicalize from 'canonicalize';
import type { Transaction } from 'kysely';
import type { RolloutSpec } from '../../../schema/contracts/rollout.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { newId, sha256 } from '../../../schema/ids.ts';
import type { Database } from '../../../schema/tables/database.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { insertRolloutState } from '../../../store/rollouts/insert-rollout-state.ts';
import { insertRun } from '../../../store/runs/insert-run.ts';
import type { SignedContext } from '../../context.ts';
import type { StartedRun } from '../runs/same-run.ts';
import { startOnce } from '../runs/start-once.ts';
import { resolveRolloutPlan } from './resolve-rollout-plan.ts';

/**
 * Accepts a rollout: its row, where it stands, audit event and outbox entry in one transaction. One run moves an agent's traffic at a
 * time. The same key with the same spec gives the same run.
 * @throws {SluiceError} conflict, naming the run that moves the agent's traffic already
 */
export async function startRollout({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { spec: RolloutSpec; idempotencyKey?: string };
}): Promise<StartedRun> {
  const { projectId, actor } = ctx.principal;
  const idempotencyKey = input.idempotencyKey ?? null;
  const specHash = sha256(canonicalize({ spec: input.spec, limit: null }) ?? '');
  return startOnce(ctx, { name: input.spec.name, specHash, idempotencyKey }, async () => {
    const id = newId('run');
    const plan = await resolveRolloutPlan(ctx, { spec: input.spec, runId: id });
    const planHash = sha256(canonicalize(plan) ?? '');
    const insert = async (trx: Transaction<Database>) => {
      const added = await insertRun(trx, {
        id,
        kind: 'rollout',
        projectId,
        name: input.spec.name,
        spec: input.spec,
        specHash,
        plan,
        planHash,
        idempotencyKey,
        requestedBy: actor,
      });
      if (!added) return false;
      const taken = await insertRolloutState(trx, { runId: id, agentId: plan.agent.id });
      if (taken !== null) throw alreadyMoved(plan.agent.name, taken.movedBy);
      const subject = `run:${id}`;
      await appendAuditEvent(trx, { projectId, actor, verb: 'run.start', subject, detail: { planHash } }, ctx.auditKey);
      await addToOutbox(trx, { topic: 'start_rollout', payload: { runId: id } });
      return true;
    };
    return { id, insert };
  });
}

function alreadyMoved(agent: string, runId: string): SluiceError {
  return new SluiceError({
    code: 'conflict',
    message: `the traffic of agent ${agent} is moved by ${runId} already; one run at a time`,
    fix: `Wait for it, or end it with \`sluice run abort ${runId}\`.`,
  });
}
