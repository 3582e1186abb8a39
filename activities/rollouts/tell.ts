import type { WebhookEvent } from '../../schema/contracts/webhook.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { type EventFacts, queueEvent } from '../../store/webhooks/queue-event.ts';

/** Tells webhooks of a step of a rollout, in the transaction that takes it. @param sentence For a person. */
export async function tell(
  trx: Store,
  { runId, projectId, name, plan }: Rollout,
  type: WebhookEvent,
  sentence: string,
  more: Partial<EventFacts> = {},
): Promise<void> {
  await queueEvent(trx, { projectId, type, facts: { runId, name, agent: plan.agent.name, sentence, ...more } });
}
