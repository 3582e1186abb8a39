import { afterAll, afterEach, beforeAll } from 'vitest';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { type Asked, done, piece, startStubCompletions, stream, usagePiece } from '../agents/stub-completions.ts';
import { type PlacedRollout, placeRollout } from '../data-plane/place-rollout.ts';
import { startApi } from '../data-plane/start-api.ts';
import { eventually } from '../support/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

type Stub = Awaited<ReturnType<typeof startStubCompletions>>;

export interface GatewayTest {
  database: TestDatabase;
  url: string;
  key: string;
  /** The model behind version 1, in production, and the one behind version 2. */
  control: Stub;
  candidate: Stub;
  rollout: PlacedRollout;
  /** Units of the candidate's half, and of control's. */
  units: { candidate: string; control: string };
  chat(
    unit: string | null,
    more?: { body?: object; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
}

/** A rollout of `support-bot` at a half between two models, behind an API of the file's own. */
export function useGateway(
  options: {
    config?: (url: string, version: number) => AgentConfig;
    /** Of the rollout. */
    evaluators?: { name: string; sample: number }[];
  } = {},
): GatewayTest {
  const gateway = {} as GatewayTest;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const database = await createTestDatabase();
    const control = await startStubCompletions();
    const candidate = await startStubCompletions();
    const configOf =
      options.config ?? ((url, version) => ({ adapter: 'openai', baseUrl: url, model: `large-${version}` }));
    const rollout = await placeRollout(database.db, [configOf(control.url, 1), configOf(candidate.url, 2)]);
    if (options.evaluators) {
      const plan = JSON.stringify({ rerandomize: 'never', metrics: [], evaluators: options.evaluators });
      await database.db.updateTable('run').set({ plan }).where('id', '=', rollout.runId).execute();
    }
    const { apiKey: key } = await createKey(database.db, { projectId: 'prj_default', service: 'shop', role: 'ingest' });
    const api = await startApi({ databaseUrl: database.databaseUrl });
    stop = async () => {
      await api.stop();
      await control.close();
      await candidate.close();
      await database.drop(false);
    };
    const chat: GatewayTest['chat'] = (unit, { body = {}, headers = {}, signal } = {}) =>
      fetch(`${api.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          ...(unit === null ? {} : { 'x-sluice-unit': unit }),
          ...headers,
        },
        body: JSON.stringify({ model: 'support-bot', messages: [{ role: 'user', content: 'Hello?' }], ...body }),
        ...(signal ? { signal } : {}),
      });
    Object.assign(gateway, { database, url: api.url, key, control, candidate, rollout, chat });
    answerAll(gateway);
    const found: Partial<GatewayTest['units']> = {};
    for (let at = 0; found.candidate === undefined || found.control === undefined; at += 1) {
      const unit = `unit-${at}`;
      const response = await chat(unit);
      found[response.headers.get('x-sluice-variant') as 'candidate' | 'control'] ??= unit;
      if (!response.ok) throw new Error(await response.text());
    }
    gateway.units = found as GatewayTest['units'];
  });
  afterEach(() => answerAll(gateway));
  afterAll(() => stop());
  return gateway;
}

function answerAll({ control, candidate }: GatewayTest): void {
  for (const [name, stub] of Object.entries({ control, candidate })) stub.answers(answerAs(name));
}

/** Answers `I am <name>`, whole or as a stream, as it was asked for. */
export function answerAs(name: string): Parameters<Stub['answers']>[0] {
  return (response, { body }: Asked) => {
    if (body.stream !== true) {
      const message = { role: 'assistant', content: `I am ${name}`, refusal: null };
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion',
          created: 1,
          model: `${body.model}`,
          choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 },
        }),
      );
      return;
    }
    const words = ['I', ' am', ` ${name}`].map((content) => piece({ content }));
    stream(
      response,
      [piece({ role: 'assistant', content: '' }), ...words, piece({}, 'stop'), usagePiece, done].join(''),
    );
  };
}

/** The calls recorded of a unit, oldest first, once there are so many. */
export function callsOf({ database }: GatewayTest, unit: string, count: number) {
  return eventually(async () => {
    const rows = await database.db
      .selectFrom('agent_call')
      .selectAll()
      .where('unit', '=', unit)
      .orderBy('at')
      .execute();
    return rows.length >= count ? rows : undefined;
  });
}
