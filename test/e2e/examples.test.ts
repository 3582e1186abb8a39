import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openStack, type RunningStack } from '../support/running-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let stack: RunningStack;

beforeAll(() => {
  stack = openStack(inject('sharedDataDir'));
});

afterAll(async () => {
  await stack?.close();
});

test('the Python agent of the examples runs without a server and ends in a verdict', async () => {
  const spec = 'examples/python-agent/experiment.yaml';
  const result = await stack.cli(['run', 'start', spec, '--watch'], { cwd: root });
  expect(result.output).toMatch(/verdict PASS → roll forward/);
  expect(result.exitCode, result.output).toBe(0);
});
