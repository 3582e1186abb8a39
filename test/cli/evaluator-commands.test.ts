import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack({ workers: 0 });
const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-evaluator-'));
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };
const sluice = (...args: string[]) => runCli(args, { cwd, env });

const write = (file: string, text: string) => {
  writeFileSync(join(cwd, file), text);
  return file;
};

describe('sluice evaluator', () => {
  it('push makes the next version of every evaluator in a file, and list shows them', async () => {
    const file = write(
      'judges.yaml',
      `evaluator: judge_helpful
type: llm_judge
baseUrl: http://127.0.0.1:9/v1
model: judge-1
secret: JUDGE_KEY
prompt: "Is this helpful? {{output}}"
choices: { helpful: 1, unhelpful: 0 }
---
name: short_way
type: trajectory
check: steps
maxSteps: 5
`,
    );
    const pushed = await sluice('evaluator', 'push', file);
    expect(pushed.stdout).toBe('pushed judge_helpful@1 (llm_judge)\npushed short_way@1 (trajectory)\n');
    expect((await sluice('evaluator', 'push', file)).stdout).toContain('unchanged: judge_helpful@1 has this content');
    const listed = await sluice('evaluator', 'list');
    expect(listed.stdout).toMatch(/judge_helpful +1 +llm_judge/);
    expect(listed.exitCode).toBe(0);
  });

  it.each([
    ['type: exact_match\n', 'expected an evaluator (evaluator: NAME'],
    ['evaluator: a\nname: b\ntype: exact_match\n', 'found two names'],
    ['evaluator: a\ntype: llm_jugde\n', 'did you mean "llm_judge"?'],
    [
      'evaluator: a\ntype: trajectory\ncheck: loops\nmaxRepeat: 1\n',
      'maxRepeat: unknown key; did you mean "maxRepeats"?',
    ],
    [
      'evaluator: a\ntype: llm_judge\nbaseUrl: http://x/v1\nmodel: m\nprompt: "{{outptu}}"\nchoices: {y: 1, n: 0}\n',
      '{{outptu}} is no known placeholder; did you mean "output"?',
    ],
  ])('push refuses a wrong file with the place and what to do: %#', async (text, says) => {
    const refused = await sluice('evaluator', 'push', write('wrong.yaml', text));
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(says);
  });
});
