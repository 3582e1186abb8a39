import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { untilFinal } from '../support/follow-run.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

const stack = await useTestStack();
const { keys, sluice, url } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});
const sluiceAs = (role: keyof typeof keys, ...args: string[]) =>
  runCli(args, { env: { SLUICE_URL: url, SLUICE_API_KEY: keys[role] } });

it('a rolled back rollout says why, and how long it took from the last value to the traffic', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-')), 'rollout.yaml');
  writeFileSync(file, JSON.stringify(rolloutSpec({ stages: [{ traffic: 0.5, minDuration: '1h' }] })));
  const started = await sluiceAs('engineer', 'run', 'start', file, '--json');
  const { id } = JSON.parse(started.stdout.trim().split('\n').at(-1) ?? '{}') as { id: string };
  await untilResult(stack, id, ({ stage }) => stage === 1);
  const watching = sluiceAs('engineer', 'run', 'watch', id);
  const rate = (variant: string) => (variant === 'candidate' ? 0.2 : 0.7);
  await sendUnits(stack, agentId, { from: freshUnits(), count: 1_000, rate });
  await untilFinal(sluice, id);
  expect((await watching).exitCode).toBe(3);
  const shown = await sluiceAs('engineer', 'run', 'get', id);
  expect(shown.exitCode).toBe(0);
  expect(shown.stdout).toMatch(/rolled back [\d.]+ m?s after the last value that showed harm/);
  expect(shown.stdout).toContain('harm is shown');
  const spec = await sluiceAs('engineer', 'run', 'show', id, '--spec');
  expect([spec.exitCode, spec.stdout]).toEqual([0, expect.stringContaining('support-bot-v2')]);
  const asJson = JSON.parse((await sluiceAs('engineer', 'run', 'show', id, '--spec', '--json')).stdout);
  const again = await sluice.runs.planRollout.mutate({ spec: asJson.spec });
  expect({ ...again.plan, seed: '' }).toEqual({ ...asJson.plan, seed: '' });
  expect((await sluiceAs('engineer', 'run', 'list')).stdout).toContain(id);
  expect((await sluiceAs('engineer', 'gate', 'check', id)).exitCode).toBe(3);
  for (const args of [
    ['run', 'retry', id],
    ['run', 'rerun', id],
    ['run', 'diff', id, id],
    ['run', 'score', id, '--evaluator', 'x'],
    ['run', 'advance', id, '--reason', 'x'],
    ['approval', 'get', id],
    ['run', 'approve', id],
  ]) {
    const { exitCode, output } = await sluiceAs('engineer', ...args);
    expect([args.slice(0, 2), exitCode === 0, /TypeError|broke inside|Cannot read/.test(output)]).toEqual([
      args.slice(0, 2),
      false,
      false,
    ]);
  }
});

it('receivers of webhooks are made, listed and deleted', async () => {
  const made = await sluiceAs('admin', 'webhook', 'create', 'http://127.0.0.1:9/hook', '--event', 'rollout.held');
  expect([made.exitCode, made.stdout.trim()]).toEqual([0, expect.stringMatching(/^whsec_[\w+/=]{40,}$/)]);
  const [, id = ''] = /webhook (whk_\w+)/.exec(made.stderr) ?? [];
  const listed = await sluiceAs('admin', 'webhook', 'list');
  expect(listed.stdout).toMatch(new RegExp(`${id}.*127\\.0\\.0\\.1:9/hook.*rollout\\.held.*none yet`));
  expect((await sluiceAs('admin', 'webhook', 'delete', id)).stdout).toBe(`${id} is deleted\n`);
  const wrong = await sluiceAs('admin', 'webhook', 'create', 'http://127.0.0.1:9/hook', '--event', 'rollout.hold');
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('there is no event "rollout.hold"')]);
});
