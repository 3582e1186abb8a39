/**
 * Stands for your users: sessions that ask through the gateway and, a moment later, tell whether the answer was right. Ends when the rollout does.
 * `SLUICE_URL` and `SLUICE_API_KEY` name the stack; without them the local one is used.
 */
import { readFileSync } from 'node:fs';
import { createClient } from '../../client/create-client.ts';

const [dataDir = '.sluice', runId] = process.argv.slice(2);
const local = JSON.parse(readFileSync(`${dataDir}/connection.json`, 'utf8')) as { url: string; apiKey: string };
const url = process.env.SLUICE_URL ?? local.url;
const apiKey = process.env.SLUICE_API_KEY ?? local.apiKey;
const sluice = createClient({ url, apiKey });
const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

const questions = readFileSync(new URL('../first-experiment/questions.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => /^[^,]*,(?<question>.*),(?<team>[^,]*)$/.exec(line)?.groups as { question: string; team: string });

const served: Record<string, number> = {};
let session = 0;
async function user(): Promise<void> {
  session += 1;
  const unit = `session-${process.pid}-${session}`;
  const { question, team } = questions[session % questions.length] as { question: string; team: string };
  const answer = await fetch(`${url}/v1/agents/support-router/invoke`, {
    method: 'POST',
    headers: { ...headers, 'x-sluice-session': unit },
    body: JSON.stringify({ input: question }),
  });
  const variant = answer.headers.get('x-sluice-variant') ?? 'none';
  served[variant] = (served[variant] ?? 0) + 1;
  const { output } = (await answer.json()) as { output?: string };
  const outcome = { agent: 'support-router', unit, metric: 'right_team', value: output === team, identifier: 'answer' };
  await fetch(`${url}/v1/outcomes`, { method: 'POST', headers, body: JSON.stringify({ outcomes: [outcome] }) });
}

const id = runId ?? (await sluice.runs.list.query({ name: 'support-router-v2', limit: 1 }))[0]?.id;
if (id === undefined) throw new Error('start the rollout first: run start examples/canary/canary.yaml');
for (;;) {
  await Promise.all(Array.from({ length: 20 }, user));
  const { status, stage, share = 0, action } = await sluice.runs.get.query({ id });
  if (session % 200 === 0)
    console.log(`${session} sessions; stage ${stage}, ${100 * share} % to the candidate`, served);
  if (status !== 'running' && status !== 'queued' && status !== 'awaiting_approval') {
    console.log(`the rollout ${status}: ${action ?? 'no action'} after ${session} sessions`, served);
    break;
  }
}
