import { Webhook } from 'standardwebhooks';
import type { WebhookBody } from '../../schema/contracts/webhook.ts';
import type { Store } from '../../store/open-database.ts';
import {
  claimDeliveries,
  clearDeliveries,
  type DueDelivery,
  noteDelivered,
  noteFailed,
} from '../../store/webhooks/deliveries.ts';
import type { Post } from './create-post.ts';
import type { SecretBox } from './secret-box.ts';

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
/** Waits between attempts; after the last one a message is given up, three days after it was written. */
const retries = [
  1 * seconds,
  5 * seconds,
  30 * seconds,
  5 * minutes,
  30 * minutes,
  2 * hours,
  5 * hours,
  10 * hours,
  14 * hours,
  20 * hours,
  24 * hours,
];
/** Sent at once; a slow receiver holds up no more than its own messages and a few others. */
const lanes = 16;

/**
 * Sends webhooks as the Standard Webhooks specification says: at once when told (`now`), every second what is due. Beside other senders
 * and after a crash a message may be sent twice, under the same webhook-id.
 * @param options.publicUrl Where persons reach the API, for links.
 */
export function createSender(options: { db: Store; post: Post; box: SecretBox; publicUrl: () => string }) {
  const { db } = options;
  let running: Promise<void> | null = null;
  let again = false;

  const run = async () => {
    do {
      again = false;
      for (;;) {
        const due = await claimDeliveries(db, lanes);
        if (due.length === 0) break;
        await Promise.all(due.map((delivery) => send(delivery)));
      }
    } while (again);
  };
  const send = async (delivery: DueDelivery): Promise<void> => {
    const { id, url, tries } = delivery;
    const error = await attempt(delivery).then(
      ({ status }) => (status >= 200 && status < 300 ? null : `the receiver answered ${status}`),
      (reason) => (reason instanceof Error ? reason.message : String(reason)),
    );
    if (error === null) return noteDelivered(db, id);
    const wait = retries[tries];
    const jittered = wait === undefined ? null : Math.round(wait * (0.9 + 0.2 * Math.random()));
    await noteFailed(db, { id, error: `${new URL(url).host}: ${error}`, retryAfterMs: jittered });
  };
  const attempt = async ({ id, url, endpointId, secretBox, body }: DueDelivery) => {
    const text = JSON.stringify(withLinks(body, options.publicUrl()));
    const at = new Date();
    const secret = options.box.open(secretBox, endpointId);
    return options.post(url, {
      body: text,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'sluice-webhooks',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, at, text),
      },
    });
  };
  const now = () => {
    if (running) again = true;
    else
      running = run()
        .catch(() => {})
        .finally(() => {
          running = null;
        });
  };
  const sweep = setInterval(now, 1_000);
  const clearing = setInterval(() => void clearDeliveries(db).catch(() => {}), 3_600_000);
  return {
    now,
    close: async () => {
      clearInterval(sweep);
      clearInterval(clearing);
      await running;
    },
  };
}

/** Links are to pages that ask before they act: whoever follows one has changed nothing yet. */
function withLinks({ type, timestamp, data }: DueDelivery['body'], publicUrl: string): WebhookBody {
  const url = `${publicUrl.replace(/\/$/, '')}/runs/${data.runId}`;
  if (data.requestId === undefined) return { type, timestamp, data: { ...data, url } };
  const link = (answer: string) => `${url}?request=${data.requestId}&answer=${answer}`;
  const command = (answer: string) => `sluice run ${answer} ${data.runId} --evidence ${data.evidenceHash ?? ''}`;
  return {
    type,
    timestamp,
    data: {
      ...data,
      url,
      approve: link('approve'),
      reject: link('reject'),
      commands: { approve: command('approve'), reject: `${command('reject')} --reason TEXT` },
    },
  };
}
