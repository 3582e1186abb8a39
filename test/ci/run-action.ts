import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { shellEnvironment } from '../support/run-cli.ts';

interface Action {
  inputs: Record<string, { required?: boolean; default?: string }>;
  outputs: Record<string, { value: string }>;
  runs: {
    using: string;
    steps: {
      id: string;
      if?: string;
      shell: string;
      run: string;
      'working-directory': string;
      env: Record<string, string>;
    }[];
  };
}

export const action = parse(
  readFileSync(fileURLToPath(new URL('../../ci-templates/github/action.yml', import.meta.url)), 'utf8'),
) as Action;

export interface ActionRun {
  exitCode: number | null;
  outputs: Record<string, string>;
  /** What stands in the job's summary. */
  summary: string;
  log: string;
}

/** A job on a runner: its steps share a temporary folder. */
export class Job {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-job-'));
  readonly #env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    this.#env = env;
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Runs one step of the action as the runner would: `shell: bash`, expressions filled in, files for its outputs. */
  async step(id: string, inputs: Record<string, string>, options: { stopAt?: RegExp } = {}): Promise<ActionRun> {
    const step = action.runs.steps.find((one) => one.id === id);
    if (step?.shell !== 'bash') throw new Error(`the action has no bash step ${id}`);
    const given = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']));
    const values = { ...given, ...inputs };
    const fill = (text: string) =>
      text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => {
        if (!(name in values)) throw new Error(`the action has no input ${name}`);
        return values[name] as string;
      });
    const files = { output: join(this.folder, 'output'), summary: join(this.folder, 'summary') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    const script = join(this.folder, `${id}.sh`);
    writeFileSync(script, step.run);
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: resolve(this.folder, fill(step['working-directory'])),
      detached: true,
      env: {
        ...shellEnvironment(),
        RUNNER_TEMP: this.folder,
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        CI: 'true',
        ...this.#env,
        ...Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, fill(value)])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    let stopped = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (stopped || !options.stopAt?.test(log)) return;
        stopped = true;
        // What a runner does to the processes of a job that is cancelled.
        process.kill(-(child.pid as number), 'SIGINT');
      });
    }
    await once(child, 'close');
    const stepOutputs = Object.fromEntries(
      readFileSync(files.output, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const outputs = Object.fromEntries(
      Object.entries(action.outputs).map(([name, { value }]) => [
        name,
        stepOutputs[/^\$\{\{ steps\.check\.outputs\.([\w-]+) \}\}$/.exec(value)?.[1] ?? ''] ?? '',
      ]),
    );
    return { exitCode: child.exitCode, outputs, summary: readFileSync(files.summary, 'utf8'), log };
  }
}
