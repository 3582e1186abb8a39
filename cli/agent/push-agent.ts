import { agentConfigSchema } from '../../schema/contracts/agent.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import { readDocuments } from '../files/read-documents.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `agent push FILE`, every agent document in it. The same content as an earlier version makes none. */
export async function pushAgent(file: string, global: GlobalOptions): Promise<void> {
  const agents = readDocuments(file).map((document) => readAgent(document, file));
  await withStack(global, async ({ sluice }) => {
    for (const { agent, config } of agents) {
      const pushed = await sluice.agents.push.mutate({ agent, config });
      if (global.json) console.log(JSON.stringify(pushed));
      else if (pushed.created) console.log(`pushed ${pushed.name}@${pushed.version} (${config.adapter})`);
      else console.log(`unchanged: ${pushed.name}@${pushed.version} has this content already`);
    }
  });
}

function readAgent(document: unknown, file: string) {
  if (document === null || typeof document !== 'object' || Array.isArray(document) || !('agent' in document)) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${file}: expected an agent (agent: NAME, adapter: http, url: …), found ${JSON.stringify(document)?.slice(0, 80)}`,
      fix: 'Name the agent in the file: `agent: support-bot`.',
    });
  }
  const { agent: name, ...rest } = document as { agent: unknown; adapter?: unknown };
  return {
    agent: parseInput(nameSchema, name, `${file}: agent`),
    config: parseInput(agentConfigSchema, rest, file),
  };
}
