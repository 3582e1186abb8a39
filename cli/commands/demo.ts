import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type GlobalOptions, globalOptions } from '../global-options.ts';

/** Of the package, from the sources and from the compiled files (`dist/cli/commands/`) alike. */
const root = ['../../', '../../../']
  .map((path) => new URL(path, import.meta.url))
  .find((folder) => existsSync(new URL('bin/sluice.js', folder))) as URL;

const example = 'examples/first-experiment';

/** `sluice demo`: the whole path on a built-in example, with nothing to prepare. */
export function register(program: Command): void {
  program.command('demo').action(async (_options: object, command: Command) => {
    process.exitCode = await demo(globalOptions(command));
  });
}

async function demo({ dataDir: given, json }: GlobalOptions): Promise<number> {
  const { readConfig } = await import('../../config/read-config.ts');
  const { withLocalStack } = await import('../demo/with-local-stack.ts');
  const { serveAgents } = await import('../../examples/first-experiment/agents.ts');
  const { withStack } = await import('../connect.ts');
  const { readSpec } = await import('../spec/read-spec.ts');
  const { startSpec } = await import('../run/start-run.ts');
  const dataDir = given ?? readConfig().dataDir;
  const say = (text: string) => (json ? console.error(text) : console.log(text));

  say('Two versions of a small support agent answer 60 questions. Does version 2 do better?\n');
  return withLocalStack({ dataDir, launcher: path('bin/sluice.js') }, async () => {
    const agents = await serveAgents(0);
    try {
      const read = await readSpec(path(`${example}/experiment.yaml`));
      for (const variant of Object.values(read.spec.variants)) {
        if ('url' in variant) variant.url = variant.url.replace(/:\d+/, `:${agents.port}`);
      }
      const code = await withStack({ dataDir, json }, async (stack) => {
        const code = await startSpec(stack, read, { watch: true, json });
        say(next(stack.again('')));
        return code;
      });
      return code;
    } finally {
      await agents.close();
    }
  });
}

function next(command: string): string {
  const folder = relative(process.cwd(), path(example)) || '.';
  const sluice = command.trim().replace(/ +/g, ' ');
  const place = / --data-dir .+$/.exec(sluice)?.[0];
  return `
try next
  read the spec, 12 lines      ${folder}/experiment.yaml
  keep a stack running         npm start${place === undefined ? '' : ` --${place}`}
  serve the two agents         npx node ${folder}/agents.ts
  change them and run it again ${sluice} run start ${folder}/experiment.yaml --watch
`;
}

function path(file: string): string {
  return fileURLToPath(new URL(file, root));
}
