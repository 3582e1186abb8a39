import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

export interface CliResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Both streams in the order they came. */
  output: string;
  durationMs: number;
}

export interface RunningCli {
  readonly process: ChildProcess;
  output(): string;
  /** ms from the start until the output first matched; waits for it. Rejects with the output when the process ends first. */
  says(pattern: RegExp): Promise<number>;
  ended: Promise<CliResult>;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
}

/** Starts `node bin/sluice.js ARGS` as a user would from a shell: no terminal, and nothing of npm in the environment. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: options.cwd,
    env: { ...shellEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    output += text;
  });
  const closed = once(child, 'close');
  const elapsed = () => performance.now() - startedAt;
  const ended = closed.then(() => ({ exitCode: child.exitCode, stdout, stderr, output, durationMs: elapsed() }));
  let isClosed = false;
  closed.then(() => {
    isClosed = true;
  });
  return {
    process: child,
    output: () => output,
    ended,
    says: async (pattern) => {
      while (!pattern.test(output)) {
        if (isClosed) throw new Error(`\`sluice ${args.join(' ')}\` ended without saying ${pattern}:\n${output}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed]);
      }
      return elapsed();
    },
  };
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** This process's environment without what npm, vitest, CI or another stack put into it. */
export function shellEnvironment(): Record<string, string | undefined> {
  const foreign =
    /^(npm_|SLUICE_(?!CACHE_DIR)|INIT_CWD$|VITEST|NODE_OPTIONS$|NODE_ENV$|DATABASE_URL$|TEMPORAL_(?!CLI_PATH)|FORCE_COLOR$|GITHUB_|CI$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
