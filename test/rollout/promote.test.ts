import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Moment } from '../../activities/rollouts/moment.ts';
import { candidateToPromote, promote } from '../../activities/rollouts/promote.ts';
import { rollBack } from '../../activities/rollouts/roll-back.ts';
import { pushAgentVersion } from '../../store/agents/push-agent-version.ts';
import { setProductionVersion } from '../../store/agents/set-production-version.ts';
import { type Rollout, readRollout } from '../../store/rollouts/read-rollout.ts';
import { findSplit } from '../../store/traffic/find-split.ts';
import { placeRollout } from '../data-plane/place-rollout.ts';
import { rolloutPlan } from '../gates/rollout/rollout-plan.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const projectId = 'prj_default';
const moment = { nowMs: 0, loadedAtMs: 0, look: { reasons: [], goals: [], guardrails: [] } } as unknown as Moment;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop(false));

test('a goal that a look was not asked about is not reached: no candidate is promoted on it', () => {
  const plan = rolloutPlan();
  const withGoal = { ...plan, metrics: plan.metrics.map((metric) => ({ ...metric, goal: 'superior' as const })) };
  expect(candidateToPromote({ plan: withGoal }, moment)).toBeNull();
  expect(candidateToPromote({ plan }, moment)).toBe('candidate');
  const [metric] = plan.metrics;
  const goal = { metric: metric?.name, candidate: 'candidate', verdict: 'pass', estimate: 0.1 };
  const shown = { look: { ...moment.look, goals: [goal] } } as unknown as Moment;
  expect(candidateToPromote({ plan: withGoal }, shown)).toBe('candidate');
});

test('a version that a person sets while a look promotes or takes back stays: neither happens', async () => {
  const { db } = database;
  const { runId, agentId } = await placeRollout(db);
  await pushAgentVersion(db, {
    projectId,
    name: 'support-bot',
    config: { adapter: 'function', function: 'solve', revision: 'three' },
    createdBy: 'person:test',
  });
  const read = await readRollout(db, runId);
  const plan = rolloutPlan({
    agent: { id: agentId, name: 'support-bot' },
    controlVersion: 1,
    candidates: [{ name: 'candidate', version: 2 }],
  });
  // What a look read a moment before the person did.
  const before: Rollout = { ...read, plan, productionVersion: 1 };
  const promoted: Rollout = {
    ...before,
    productionVersion: 2,
    state: { ...read.state, phase: 'watch', promoted: 'candidate' },
  };
  await db.transaction().execute((trx) => setProductionVersion(trx, { projectId, name: 'support-bot', version: 3 }));
  const said = /version 3 came into production meanwhile/;
  const promoting = db
    .transaction()
    .execute((trx) => promote(trx, before, moment, { candidate: 'candidate', verdict: 'pass', evidenceId: null }));
  await expect(promoting).rejects.toThrow(said);
  const undoing = db
    .transaction()
    .execute((trx) => rollBack(trx, promoted, moment, { verdict: 'fail', reasons: ['harm'] }));
  await expect(undoing).rejects.toThrow(said);
  expect((await readRollout(db, runId)).productionVersion).toBe(3);
  expect((await findSplit(db, agentId))?.runId).toBe(runId);
});
