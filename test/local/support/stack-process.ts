import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentReporter } from '../../../local/reporter.ts';
import { stopStack } from '../../../local/stop-stack.ts';

/** A data directory of the test's own. */
export function newDataDir(mode = 0o755): string {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-stack-'));
  chmodSync(parent, mode);
  return join(parent, 'data');
}

/** Ends the stacks of these directories, whatever state a test left them in, and removes their data (40 MB each). */
export async function endStacks(dataDirs: readonly string[]): Promise<void> {
  await Promise.all(
    dataDirs.map(async (folder) => {
      await stopStack(folder, silentReporter);
      rmSync(dirname(folder), { recursive: true, force: true });
    }),
  );
}

export interface StackProcess {
  readonly process: ChildProcess;
  readonly pid: number;
  output(): string;
  /** Resolves when the output matches; rejects with the output when the process ends first. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
  ended(): Promise<number | null>;
}

export interface StackProcessOptions {
  readonly port?: number;
  readonly workers?: number;
  readonly env?: Record<string, string>;
}

/** A supervisor with real engines and stub services, as a process of its own. */
export function startStackProcess(dataDir: string, options: StackProcessOptions = {}): StackProcess {
  const script = fileURLToPath(new URL('./run-stack.ts', import.meta.url));
  const args = [script, dataDir, String(options.port ?? 0), String(options.workers ?? 1)];
  return watchProcess(process.execPath, args, options.env);
}

/** Any program whose words a test waits for. */
export function watchProcess(command: string, args: string[], env: Record<string, string> = {}): StackProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const end = once(child, 'exit');
  return {
    process: child,
    pid: child.pid as number,
    output: () => output,
    says: async (pattern) => {
      for (;;) {
        const match = output.match(pattern);
        if (match) return match;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`ended without saying ${pattern}:\n${output}`);
        }
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), end]);
      }
    },
    ended: async () => {
      await end;
      return child.exitCode;
    },
  };
}
