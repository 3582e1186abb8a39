import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { agentConfigSchema, type ExecAgentConfig } from '../../schema/contracts/agent.ts';
import type { Agent, AgentAnswer } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { eventually } from '../support/eventually.ts';
import { agentOf, callOf } from './agent-call.ts';

const script = fileURLToPath(new URL('line-agent.mjs', import.meta.url));
/** Replaces the shell, so that nothing of a process that was killed is left to be seen. */
const command = `exec '${process.execPath}' '${script}'`;
const open: Agent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((agent) => agent.close()));
});

function execAgent(config: Partial<ExecAgentConfig> = {}, options: Parameters<typeof agentOf>[1] = {}): Agent {
  const agent = agentOf({ adapter: 'exec', command, timeoutMs: 10_000, ...config }, options);
  open.push(agent);
  return agent;
}

const ask = (agent: Agent, input: Json, signal?: AbortSignal) =>
  agent.call(callOf({ input, ...(signal ? { signal } : {}) }));

function failed(answer: AgentAnswer): AgentAnswer & { ok: false } {
  if (answer.ok) throw new Error(`expected a failure, found ${JSON.stringify(answer)}`);
  expect(answer.message.length).toBeLessThanOrEqual(500);
  return answer;
}

function outputOf(answer: AgentAnswer): Record<string, unknown> {
  if (!answer.ok) throw new Error(answer.message);
  return answer.output as Record<string, unknown>;
}

/** Whether a process runs; one that is dead and waits for process 1 to notice does not. */
function lives(pid: unknown): boolean {
  try {
    process.kill(pid as number, 0);
  } catch {
    return false;
  }
  const file = `/proc/${pid}/stat`;
  return !existsSync(file) || !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}

/** Waits until these processes are gone. */
const gone = (...pids: unknown[]) => eventually(() => !pids.some(lives) || undefined);

describe('an exec agent', () => {
  it('gets input and context as a line, and answers as an HTTP agent does', async () => {
    const agent = execAgent();
    const input = { question: 'naïve “quotes”\nand 🙂' };
    const { context } = callOf();
    expect(await ask(agent, input)).toEqual({
      ok: true,
      output: { input, context, pid: expect.any(Number), call: 1 },
      latencyMs: expect.any(Number),
    });
    expect(await ask(agent, { do: 'full' })).toMatchObject({
      output: 'fine',
      steps: 3,
      usage: { inputTokens: 5, outputTokens: 2, costUsd: 0.1 },
      model: 'm1',
    });
  });

  it('tells what an answer without an output has cost', async () => {
    const answer = failed(await ask(execAgent(), { do: 'spend' }));
    expect(answer).toMatchObject({ errorClass: 'invalid_output', usage: { inputTokens: 5, costUsd: 0.1 } });
  });

  it('has one process for each call in flight, and asks those it has again', async () => {
    const agent = execAgent();
    const round = async (calls: number) =>
      (await Promise.all(Array.from({ length: calls }, () => ask(agent, {})))).map((answer) => outputOf(answer).pid);
    const first = await round(3);
    expect(new Set(first).size).toBe(3);
    expect((await round(3)).toSorted()).toEqual(first.toSorted());
  });

  it('answers four hundred calls in 8 lanes with 8 processes', async () => {
    const agent = execAgent();
    const seen = new Set<unknown>();
    let left = 400;
    const lane = async () => {
      while (left-- > 0) seen.add(outputOf(await ask(agent, {})).pid);
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    expect(seen.size).toBe(8);
  });

  it('finds the secrets it names in an environment that holds little else', async () => {
    const agent = execAgent({ secrets: ['LLM_KEY'] }, { secrets: { LLM_KEY: 's3cret-value\n', OTHER: 'hidden' } });
    process.env.SLUICE_TEST_CANARY = 'of the worker';
    const env = outputOf(await ask(agent, { do: 'env' }));
    delete process.env.SLUICE_TEST_CANARY;
    expect(env).toMatchObject({ LLM_KEY: 's3cret-value', PATH: process.env.PATH });
    expect(JSON.stringify(env)).not.toMatch(/of the worker|hidden/);
  });

  it('runs in cwd', async () => {
    const agent = execAgent({ command: `read -r line; echo '{"output":"'"$(pwd -P)"'"}'`, cwd: '/' });
    expect(await ask(agent, {})).toMatchObject({ output: '/' });
  });

  it.each([
    ['empty lines around its answer', 'blank', 1],
    ['an answer without a line end, with which it ends', 'unended', 'no line end'],
    ['half a megabyte of logs on stderr', 'chatter', 'fine'],
  ])('may write %s', async (_, act, output) => {
    expect(await ask(execAgent(), { do: act })).toMatchObject({ ok: true, output });
  });

  it('may end after each answer', async () => {
    const agent = execAgent();
    const first = outputOf(await ask(agent, { do: 'once' }));
    await gone(first);
    // Until its end is noticed it may be asked once more: a broken connection, which callers try again.
    const second = await eventually(async () => {
      const answer = await ask(agent, { do: 'once' });
      return answer.ok ? answer : undefined;
    });
    expect(outputOf(second)).not.toBe(first);
  });
});

describe('exec agents that fail', () => {
  it.each([
    ['crash', 'threw', 'exited with code 3 before it answered; on stderr: "loading\\nTraceback: no reason"'],
    ['die', 'threw', 'was ended by SIGKILL before it answered'],
    ['garbage', 'invalid_output', 'wrote a line that is not JSON: found "not json"; stdout is for answers'],
    ['shape', 'invalid_output', 'nothing at `output`: the top level has the key'],
    ['log', 'invalid_output', 'print logs to stderr'],
    ['twice', 'invalid_output', 'wrote more than one line for one request: found "{\\"output\\":2}"'],
    ['hang', 'timeout', 'did not answer within 1000 ms (timeoutMs) and was killed'],
    ['flood', 'too_large', 'expected at most 1000000 (maxResponseBytes)'],
  ])('classifies what "%s" does as %s, and goes on with a new process', async (act, errorClass, found) => {
    const agent = execAgent({ timeoutMs: 1_000, maxResponseBytes: 1_000_000 });
    const before = outputOf(await ask(agent, {}));
    const answer = failed(await ask(agent, { do: act }));
    expect(answer).toMatchObject({ errorClass, retryable: false });
    expect(answer.message).toContain(found);
    const after = outputOf(await ask(agent, {}));
    expect(after).toMatchObject({ call: 1 });
    expect(after.pid).not.toBe(before.pid);
    await gone(before.pid);
  });

  it('never hurts calls in other lanes', async () => {
    const agent = execAgent({ timeoutMs: 3_000, maxResponseBytes: 1_000_000 });
    const acts = ['crash', 'die', 'garbage', 'twice', 'flood', 'shape'];
    const bad = acts.map((act) => ask(agent, { do: act }));
    const good = Array.from({ length: 6 }, (_, index) => ask(agent, { index }));
    for (const answer of await Promise.all(bad)) expect(answer.ok).toBe(false);
    for (const [index, answer] of (await Promise.all(good)).entries()) {
      expect(outputOf(answer).input).toEqual({ index });
    }
  });

  it('does not take what is said after an answer for the next one', async () => {
    const agent = execAgent();
    const late = outputOf(await ask(agent, { do: 'late' }));
    await gone(late);
    expect(await ask(agent, { n: 1 })).toMatchObject({ ok: true, output: { input: { n: 1 } } });
  });

  it('says that a command is not there, which is no failure of the agent', async () => {
    const agent = execAgent({ command: 'no-such-program --fast' });
    const answer = failed(await ask(agent, {}));
    expect(answer.errorClass).toBe('unreachable');
    expect(answer.message).toMatch(/exited with code 127; on stderr: ".*not found/);
    expect(await agent.probe()).toMatchObject({ message: expect.stringContaining('no-such-program is not found') });
  });

  it('says that cwd is not there', async () => {
    const agent = execAgent({ cwd: `${tmpdir()}/no-such-folder` });
    expect(failed(await ask(agent, {})).message).toMatch(/cwd ".*no-such-folder" is not there/);
    expect(await agent.probe()).toMatchObject({ message: expect.stringContaining('is no folder where the worker') });
  });

  it('keeps secrets out of messages', async () => {
    const agent = execAgent({ secrets: ['K'] }, { secrets: { K: 's3cret-value' } });
    const answer = failed(await ask(agent, { do: 'crash', because: 's3cret-value' }));
    expect(answer.message).toContain('Traceback: [secret]');
  });

  it('starts nothing without its secret, nor where the operator did not allow commands', async () => {
    const unset = execAgent({ secrets: ['K'] });
    expect(failed(await ask(unset, {}))).toMatchObject({ errorClass: 'not_configured' });
    expect(await unset.probe()).toMatchObject({ fix: expect.stringContaining('environment variable K') });
    const production = execAgent({}, { allowExec: false });
    expect(failed(await ask(production, {}))).toMatchObject({ errorClass: 'blocked' });
    expect(await production.probe()).toMatchObject({
      message: expect.stringContaining('runs no commands'),
      fix: expect.stringContaining('SLUICE_ALLOW_EXEC=1'),
    });
  });
});

describe('no orphans', () => {
  it('ends what its processes started, when it closes', async () => {
    const agent = execAgent();
    const { pid, child } = outputOf(await ask(agent, { do: 'child' }));
    const deaf = outputOf(await ask(execAgent(), { do: 'deaf' }));
    expect([pid, child, deaf].map(lives)).toEqual([true, true, true]);
    await Promise.all(open.splice(0).map((each) => each.close()));
    await gone(pid, child, deaf);
  });

  it('ends them when the worker is killed, even those that do not listen', async () => {
    const worker = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { agentOf, callOf } from ${JSON.stringify(new URL('agent-call.ts', import.meta.url).href)};
         const agent = agentOf({ adapter: 'exec', command: ${JSON.stringify(command)} });
         console.log((await agent.call(callOf({ input: { do: 'deaf' } }))).output);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said] = (await once(worker.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    expect(lives(pid)).toBe(true);
    worker.kill('SIGKILL');
    await gone(pid);
  });

  it('ends the process of an aborted call at once', async () => {
    const agent = execAgent();
    const { pid } = outputOf(await ask(agent, {}));
    const controller = new AbortController();
    const call = ask(agent, { do: 'hang' }, controller.signal);
    const reason = new Error('worker shuts down');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await gone(pid);
  });
});

describe('a config that cannot work', () => {
  it.each([
    [{ command: '  ' }, 'command'],
    [{ secrets: ['A=b'] }, 'expected the name of an environment variable'],
    [{ url: 'http://x' }, 'url: unknown key'],
  ])('refuses %j by name', (more, message) => {
    const config = { adapter: 'exec', command: 'python agent.py', ...more };
    expect(() => parseInput(agentConfigSchema, config, 'agent.yaml')).toThrow(message);
  });
});
