import type { z } from 'zod';
import { explain } from '../../schema/contracts/parse-input.ts';
import { type OutcomesAnswer, outcomeSchema } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';
import { whyNotStorable } from '../../schema/why-not-storable.ts';
import type { Store } from '../../store/open-database.ts';
import { type Outcome, storeOutcomes } from '../../store/outcomes/store-outcomes.ts';

/** An outcome that says it happens later than this is of a clock that is wrong. */
const aheadMs = 5 * 60_000;

/**
 * Stores outcomes of any agents of a project. Each is looked at on its own: a bad one is rejected with its place in the request and the
 * reason, the others are stored.
 */
export async function takeOutcomes(
  means: { db: Store; agentIdOf: (agent: string) => Promise<string> },
  input: { outcomes: readonly unknown[] },
): Promise<OutcomesAnswer> {
  const answer: OutcomesAnswer = { accepted: 0, duplicates: 0, rejected: [] };
  const latestMs = Date.now() + aheadMs;
  const byAgent = new Map<string, Outcome[]>();
  input.outcomes.forEach((item, index) => {
    const parsed = outcomeSchema.safeParse(item);
    if (!parsed.success) {
      answer.rejected.push({ index, reason: reasonOf(parsed.error, item) });
      return;
    }
    const { agent, unit, metric, identifier, revision = 0, value, at } = parsed.data;
    const atDate = at === undefined ? null : new Date(at);
    const why =
      atDate !== null && !(atDate.getTime() <= latestMs)
        ? `at: ${show(atDate, at)} is more than 5 minutes ahead of the server's clock`
        : whyNotStorable([unit, metric, identifier]);
    if (why !== null) {
      answer.rejected.push({ index, reason: why });
      return;
    }
    const ofAgent = byAgent.get(agent) ?? [];
    byAgent.set(agent, ofAgent);
    ofAgent.push({ index, unit, metric, identifier, revision, value: Number(value), at: atDate });
  });
  for (const [agent, outcomes] of byAgent) {
    const agentId = await means.agentIdOf(agent).catch((error) => {
      if (!(error instanceof SluiceError) || error.code !== 'not_found') throw error;
      for (const { index } of outcomes) answer.rejected.push({ index, reason: error.message });
      return null;
    });
    if (agentId === null) continue;
    const { accepted, duplicates, rejected } = await storeOutcomes(means.db, { agentId, outcomes });
    answer.accepted += accepted;
    answer.duplicates += duplicates;
    answer.rejected.push(...rejected);
  }
  answer.rejected.sort((a, b) => a.index - b.index);
  return answer;
}

function reasonOf(error: z.ZodError, item: unknown): string {
  return explain(outcomeSchema, error.issues, item)
    .slice(0, 3)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message))
    .join('; ');
}

function show(date: Date, at: unknown): string {
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
