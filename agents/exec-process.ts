import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * The command runs in a process group of its own. Beside it waits a watchdog on descriptor 3, which closes when the
 * worker ends, however it ends: then the whole group goes.
 */
const script = '(read -r _ <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 & exec 3<&-; eval "$1"';
const maxStderr = 4_096;
const newline = 10;

/** What came of a request. */
export type Heard =
  | { kind: 'line'; line: string }
  /** More text came with the answer: the next request would get it as its own. */
  | { kind: 'too_much_said'; rest: string }
  | { kind: 'too_large'; bytes: number }
  | { kind: 'exited'; code: number | null; signal: string | null }
  | { kind: 'not_started'; error: NodeJS.ErrnoException };

export interface ExecProcessOptions {
  command: string;
  cwd: string | undefined;
  env: Record<string, string>;
  /** Longest line read. */
  maxBytes: number;
}

/** One process that answers lines with lines, one at a time. */
export class ExecProcess {
  /** Whole answers so far. */
  answers = 0;
  /** False once it has ended, or must not be asked again. */
  usable = true;
  /** Resolves when the process, all it started and its pipes are gone. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private readonly maxBytes: number;
  private resolve: ((heard: Heard) => void) | null = null;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private stderr = '';
  private exited = false;
  private ended: Heard | null = null;

  constructor({ command, cwd, env, maxBytes }: ExecProcessOptions) {
    this.maxBytes = maxBytes;
    const child = spawn('/bin/sh', ['-c', script, 'sh', command], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.child = child;
    // A process that went away is told by its end, not by the pipe that broke.
    for (const stream of child.stdio) stream?.on('error', () => {});
    (child.stdio[3] as Socket | null)?.resume();
    child.stdout?.on('data', (chunk: Buffer) => this.onData(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.subarray(-maxStderr).toString('utf8')).slice(-maxStderr);
    });
    this.gone = new Promise((resolve) => {
      child.on('error', (error) => {
        this.end({ kind: 'not_started', error });
        if (child.pid === undefined) resolve();
      });
      // What it left running would keep the pipes open, and is its own rubbish.
      child.on('exit', () => {
        this.usable = false;
        this.killGroup();
        this.exited = true;
      });
      child.on('close', (code, signal) => {
        // An answer without a line end, by a program that ends with it.
        const last = Buffer.concat(this.chunks).toString('utf8').trim();
        this.end(last !== '' && this.resolve ? { kind: 'line', line: last } : { kind: 'exited', code, signal });
        resolve();
      });
    });
  }

  /** Sends a line and waits for one. Only one request at a time. */
  ask(line: string): Promise<Heard> {
    return new Promise((resolve) => {
      if (this.ended !== null) return resolve(this.ended);
      this.resolve = resolve;
      this.child.stdin?.write(`${line}\n`);
    });
  }

  /** The last it wrote to stderr, at most 4096 characters. */
  get lastWords(): string {
    return this.stderr.trim();
  }

  /** Whether something of an answer that is not whole has come. */
  get saidSomething(): boolean {
    return this.bytes > 0;
  }

  /** Ends it and all it started, now. */
  kill(): void {
    this.usable = false;
    this.killGroup();
  }

  /** Lets it end by itself, as its input has ended; after `graceMs` it is killed. */
  async dismiss(graceMs: number): Promise<void> {
    this.usable = false;
    this.child.stdin?.end();
    const timer = setTimeout(() => this.killGroup(), graceMs);
    await this.gone;
    clearTimeout(timer);
  }

  private onData(chunk: Buffer): void {
    if (this.resolve === null) {
      // Nobody asked: what it says next could be taken for an answer.
      if (this.usable && chunk.toString('utf8').trim() !== '') this.kill();
      return;
    }
    const heard = this.hear(chunk);
    if (heard !== undefined) this.settle(heard);
  }

  /** Adds a chunk to what was said; undefined while no line is whole. Empty lines are nothing said. */
  private hear(chunk: Buffer): Heard | undefined {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, at === -1 ? undefined : at);
      this.bytes += part.length;
      if (this.bytes > this.maxBytes) return { kind: 'too_large', bytes: this.bytes };
      this.chunks.push(part);
      if (at === -1) return undefined;
      from = at + 1;
      const line = Buffer.concat(this.chunks).toString('utf8');
      this.chunks = [];
      this.bytes = 0;
      if (line.trim() === '') continue;
      const rest = chunk.subarray(from).toString('utf8').trim();
      if (rest !== '') return { kind: 'too_much_said', rest };
      this.answers++;
      return { kind: 'line', line };
    }
  }

  private settle(heard: Heard): void {
    const resolve = this.resolve;
    this.resolve = null;
    this.chunks = [];
    if (heard.kind !== 'line') this.kill();
    resolve?.(heard);
  }

  private end(heard: Heard): void {
    this.usable = false;
    this.ended ??= heard;
    this.settle(heard);
  }

  private killGroup(): void {
    // Once it was waited for, its number may belong to others.
    if (this.exited || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}
