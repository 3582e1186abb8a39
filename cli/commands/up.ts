import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../../config/read-config.ts';
import type { Engines } from '../../local/start-stack.ts';
import { SluiceError } from '../../schema/errors.ts';
import { globalOptions } from '../global-options.ts';
import { createStepReporter, type StepReporter } from '../step-reporter.ts';

/** Of the package, from the sources and from the compiled files (`dist/cli/commands/`) alike. */
const root = ['../../', '../../../'].map((path) => new URL(path, import.meta.url)).find(holdsLauncher) as URL;

interface UpOptions {
  port?: number;
  workers: number;
}

/** `sluice up`: the whole stack on this machine, under one supervisor, until Ctrl-C. */
export function register(program: Command): void {
  program
    .command('up')
    .option('--port <port>', 'port of the API and the web (default: 4400; 0 = a free one)', wholeNumber(0, 65_535))
    .option('--workers <n>', 'worker processes: with two, one can die without a pause', wholeNumber(1, 64), 2)
    .action(async (options: UpOptions, command: Command) => {
      process.exitCode = await up(options, globalOptions(command));
    });
}

async function up(options: UpOptions, { dataDir: given, json }: { dataDir: string | undefined; json: boolean }) {
  const { readConfig } = await import('../../config/read-config.ts');
  const { startStack } = await import('../../local/start-stack.ts');
  const { serviceChildren } = await import('../../local/service-children.ts');
  const { codeVersion } = await import('../../local/code-version.ts');
  const { stopSignals } = await import('../../local/stop-signals.ts');
  const config = readConfig();
  const dataDir = given ?? config.dataDir;
  const report = createStepReporter(json ? process.stderr : process.stdout);
  const signals = stopSignals({
    onSecond: () => report.line('stopping by force'),
    endWithParent: config.underNpm,
  });

  let stack: Awaited<ReturnType<typeof startStack>>;
  try {
    stack = await startStack({
      config,
      dataDir,
      port: options.port ?? config.port,
      report,
      interrupted: signals.first,
      prepare: (database) => prepare(database, report),
      services: (engines) =>
        serviceChildren({
          engines,
          dataDir,
          workers: options.workers,
          launcher: { command: process.execPath, script: fileURLToPath(new URL('bin/sluice.js', root)) },
          version: codeVersion(fileURLToPath(root)),
        }),
    });
  } catch (error) {
    if (!signals.first.aborted) throw error;
    report.line('stopped before it was ready');
    return 1;
  }
  if (stack.kind === 'already_running') return await alreadyRunning(stack.pid, dataDir, json);

  if (json) console.log(JSON.stringify({ url: stack.url, dataDir, startMs: stack.startMs, adopted: stack.adopted }));
  else greet(stack, dataDir, config);
  await signals.received;
  report.line('stopping (Ctrl-C again: by force)');
  await stack.stop(signals.second);
  report.line(`stopped; the data stays in ${dataDir}`);
  return 0;
}

/** Brings the database up to date and gives the person at this machine a key. */
async function prepare({ databaseUrl, apiKey }: Pick<Engines, 'databaseUrl' | 'apiKey'>, report: StepReporter) {
  const step = report.step('migrating the database');
  try {
    const { migrate } = await import('../../store/migrate.ts');
    const { applied } = await migrate({ databaseUrl, onStep: (text) => step.update(text) });
    const { ensureLocalAdmin } = await import('../../store/keys/ensure-local-admin.ts');
    await ensureLocalAdmin({ databaseUrl, apiKey });
    step.done(applied.length > 0 ? `database migrated (${applied.length} new)` : 'database up to date');
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** A second `up` on the same data: says where the first one is, and never starts another. */
async function alreadyRunning(pid: number, dataDir: string, json: boolean): Promise<0 | 1> {
  const { readConnectionFile } = await import('../../config/connection-file.ts');
  const { httpOk } = await import('../../local/http-ok.ts');
  const deadline = Date.now() + 10_000;
  for (;;) {
    const url = readConnectionFile(dataDir)?.url;
    const ready = url !== undefined && (await httpOk(`${url}/readyz`));
    if (ready) {
      if (json) console.log(JSON.stringify({ url, dataDir, alreadyRunning: pid }));
      else console.log(`already running at ${url} (supervisor pid ${pid}, data in ${dataDir})`);
      return 0;
    }
    if (Date.now() > deadline) break;
    await delay(200);
  }
  throw new SluiceError({
    code: 'unavailable',
    message: `a supervisor (pid ${pid}) runs on ${dataDir} but its stack is not ready; expected /readyz to answer within 10 s`,
    fix: `wait for it, read the logs in ${join(dataDir, 'logs')}, or stop it with \`sluice down\``,
  });
}

function wholeNumber(low: number, high: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`found "${text}", expected a whole number from ${low} to ${high}`);
  };
}

function greet(stack: { url: string; startMs: number }, dataDir: string, config: Config) {
  const inRepository = existsSync(new URL('cli/main.ts', root));
  const program = inRepository ? 'npm run -s sluice --' : 'sluice';
  const folder = relative(process.cwd(), dataDir);
  const place = dataDir === config.dataDir ? '' : ` --data-dir ${folder.startsWith('..') ? dataDir : folder}`;
  console.log(`
  Sluice is ready   ${stack.url}   (${(stack.startMs / 1000).toFixed(1)} s)
  in another shell  ${program} run start FILE --watch${place}
                    ${program} --help
  data              ${dataDir}
  stop              Ctrl-C
`);
}

function holdsLauncher(folder: URL): boolean {
  return existsSync(new URL('bin/sluice.js', folder));
}
