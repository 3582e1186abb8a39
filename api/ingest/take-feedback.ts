import type { FeedbackAnswer, FeedbackRequest } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';
import { whyNotStorable } from '../../schema/why-not-storable.ts';
import type { Store } from '../../store/open-database.ts';
import { findAgentsOfUnit } from '../../store/outcomes/find-agents-of-unit.ts';
import { findUnitsOfTrace } from '../../store/outcomes/find-units-of-trace.ts';
import { storeFeedbackComment } from '../../store/outcomes/store-feedback-comment.ts';
import { storeOutcomes } from '../../store/outcomes/store-outcomes.ts';
import { valueOfFeedback } from './value-of-feedback.ts';

/**
 * Stores what a user said of an answer or a unit, as an outcome with the feedback's name; its comment is kept beside it. Of a trace it
 * is said of every agent and unit in it. The same identifier with another score replaces.
 * @throws {SluiceError} not_found for a trace that is not known (yet); invalid_input
 */
export async function takeFeedback(
  means: { db: Store; agentIdOf: (agent: string) => Promise<string> },
  input: { projectId: string; givenBy: string; feedback: FeedbackRequest },
): Promise<FeedbackAnswer> {
  const { db } = means;
  const { projectId, givenBy, feedback } = input;
  const { name: metric, identifier, traceId, label, comment } = feedback;
  const value = valueOfFeedback(feedback);
  const why = whyNotStorable([metric, identifier, traceId ?? '', feedback.unit ?? '', label ?? '', comment ?? '']);
  if (why !== null) throw new SluiceError({ code: 'invalid_input', message: `the feedback cannot be stored: ${why}` });
  const answer: FeedbackAnswer = { accepted: 0, duplicates: 0, rejected: [], value };
  for (const { agentId, unit } of await subjectsOf(means, { projectId, feedback })) {
    const { accepted, duplicates } = await storeOutcomes(db, {
      agentId,
      source: 'feedback',
      outcomes: [{ index: 0, unit, metric, identifier, revision: 0, value, at: null }],
    });
    answer.accepted += accepted;
    answer.duplicates += duplicates;
    if (comment !== undefined || label !== undefined) {
      await storeFeedbackComment(db, {
        agentId,
        unit,
        metric,
        identifier,
        traceId: traceId ?? null,
        label: label ?? null,
        comment: comment ?? null,
        givenBy,
      });
    }
  }
  return answer;
}

async function subjectsOf(
  { db, agentIdOf }: { db: Store; agentIdOf: (agent: string) => Promise<string> },
  { projectId, feedback }: { projectId: string; feedback: FeedbackRequest },
): Promise<{ agentId: string; unit: string }[]> {
  const { traceId, unit, agent } = feedback;
  if (traceId !== undefined) {
    const found = await findUnitsOfTrace(db, { projectId, traceId });
    const agentId = agent === undefined ? null : await agentIdOf(agent);
    const wanted = found.filter((one) => agentId === null || one.agentId === agentId);
    if (wanted.length > 0) return wanted;
    throw new SluiceError({
      code: 'not_found',
      message: `no call with a unit is known by the trace ${traceId}${agent === undefined ? '' : ` of ${agent}`}`,
      fix: 'Calls are recorded within a second after their answer: send it again then. Name the unit of a call by x-sluice-unit or x-sluice-session.',
    });
  }
  if (unit === undefined) return [];
  if (agent !== undefined) return [{ agentId: await agentIdOf(agent), unit }];
  const agents = await findAgentsOfUnit(db, { projectId, unit });
  if (agents.length === 1) return agents.map(({ agentId }) => ({ agentId, unit }));
  const names = agents.map(({ name }) => name);
  throw new SluiceError({
    code: 'invalid_input',
    message:
      names.length === 0
        ? `agent: is missing, and the unit ${unit} is not known from any rollout`
        : `agent: is missing, and the unit ${unit} is known of ${names.join(', ')}`,
    fix: 'Say which agent it is about: {"agent": "support-bot", "unit": …}.',
  });
}
