import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));

/** Deployed anew before its 12th answer. */
let answers = 0;
const agent = createServer((request, response) => {
  request.resume();
  response.setHeader('x-agent-revision', ++answers < 12 ? 'sha-1' : 'sha-2');
  response.end('{"output": "A: 1"}');
}).listen(0, '127.0.0.1');
await once(agent, 'listening');
afterAll(() => agent.close());

const http = { adapter: 'http' as const, url: `http://127.0.0.1:${(agent.address() as AddressInfo).port}/` };
async function warningsOf(candidate: object) {
  answers = 0;
  const { id } = await sluice.runs.start.mutate({
    spec: experimentSpec({ variants: { control: solver(10), candidate: { ...http, ...candidate } } }),
  });
  return (await untilFinal(sluice, id)).warnings;
}

it('a run whose agent changed in mid-run says so, with both builds and how much each answered', async () => {
  expect(await warningsOf({})).toContain(
    'The agent of candidate changed in mid-run: revision "sha-1" 11 trials, revision "sha-2" 9 trials. Its numbers mix these builds.',
  );
});

it('a run whose agent is not the build that its spec declares says so', async () => {
  expect(await warningsOf({ revision: 'sha-1' })).toContain(
    'candidate is declared as revision "sha-1", and others answered: revision "sha-2" 9 trials. Its numbers are not of that build.',
  );
});
