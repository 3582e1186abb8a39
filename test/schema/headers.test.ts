import { describe, expect, it } from 'vitest';
import { agentConfigSchema } from '../../schema/contracts/agent.ts';
import { evaluatorConfigSchema } from '../../schema/contracts/evaluator.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';

const literal = 'sk-live-0123456789';
const agents = [
  { adapter: 'http', url: 'https://agent.example/run' },
  { adapter: 'openai', baseUrl: 'https://llm.example/v1', model: 'm' },
];
const model = { name: 'own', baseUrl: 'https://llm.example/v1', model: 'm', prompt: '{{output}} {{expected}}' };
const judges = [
  { type: 'http', name: 'own', url: 'https://judge.example/' },
  { ...model, type: 'llm_judge', choices: { yes: 1, no: 0 } },
  { ...model, type: 'pairwise', prompt: 'Which is right?' },
];
const parseAgent = (config: object) => parseInput(agentConfigSchema, config, 'agent');
const parseJudge = (config: object) => parseInput(evaluatorConfigSchema, config, 'evaluator');
const all = [
  ...agents.map((config) => ({ what: config.adapter, parse: (more: object) => parseAgent({ ...config, ...more }) })),
  ...judges.map((config) => ({ what: config.type, parse: (more: object) => parseJudge({ ...config, ...more }) })),
];

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
}

describe.each(all)('$what', ({ parse }) => {
  it.each([
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'X-API-Key',
    'api-key',
    'x-auth-token',
    'x-client-secret',
    'x-password',
    'X-Amz-Credential',
  ])('takes no credential in headers.%s, says where it belongs, and does not repeat it', (name) => {
    const message = refusalOf(() => parse({ headers: { [name]: literal } }));
    expect(message).toContain(`headers.${name}: would be stored for every viewer to read; name it as \`secret\``);
    expect(message).not.toContain(literal);
  });

  it('takes headers that hold no credential', () => {
    const headers = { 'x-team': 'search', 'x-author': 'ada', 'x-bypass-cache': '1', 'anthropic-version': '2023-06-01' };
    expect(parse({ headers })).toMatchObject({ headers });
  });

  it('takes headers by the names of their secrets, and refuses a value that stands there by mistake', () => {
    expect(parse({ headerSecrets: { 'x-api-key': 'LLM_API_KEY' } })).toMatchObject({
      headerSecrets: { 'x-api-key': 'LLM_API_KEY' },
    });
    const message = refusalOf(() => parse({ headerSecrets: { 'x-api-key': literal } }));
    expect(message).toContain('headerSecrets.x-api-key: expected the name of an environment variable');
    expect(message).not.toContain(literal);
  });
});
