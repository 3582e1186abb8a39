import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import type { ExecAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, AgentAnswer, AgentCall } from '../schema/contracts/call.ts';
import type { JsonPath } from '../schema/json-path.ts';
import { quoteText } from '../schema/quote-text.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { commandEnvironment } from './command-environment.ts';
import { ExecProcess, type Heard } from './exec-process.ts';
import { failedAnswer, withUsage } from './failed-answer.ts';
import { readAnswer } from './read-answer.ts';

const defaultMaxResponseBytes = 10_485_760;
/** A process that nobody asked for so long is ended. */
const idleMs = 60_000;
/** How long a process may take to end by itself once its input has ended. */
const graceMs = 1_000;
const probeMs = 1_500;
const outputPath = ['output'];
/** Shorter values are too common to be looked for in messages. */
const minConfidentialLength = 6;

/**
 * A command that answers JSON lines with JSON lines (DESIGN §8 "exec agent"). Each call in flight has a process of its
 * own; idle ones are asked again, the latest first, and ended after a minute. One that failed to answer is killed with
 * all it started, and the next call gets a new one. See docs/adr/0031.
 */
export function execAgent(config: ExecAgentConfig, dependencies: AgentDependencies): Agent {
  const { command, cwd } = config;
  const timeoutMs = config.timeoutMs ?? 60_000;
  const maxBytes = config.maxResponseBytes ?? defaultMaxResponseBytes;
  const who = `exec agent ${quoteText(command, 80)}`;
  const blocked = dependencies.allowExec ? null : `${who} may not be started: this worker runs no commands`;
  const blockedFix = 'set SLUICE_ALLOW_EXEC=1 where the worker runs, and restart it; or serve the agent over HTTP';
  const processes = new Set<ExecProcess>();
  const idle: { process: ExecProcess; timer: NodeJS.Timeout }[] = [];
  let confidential: string[] = [];

  /** The secrets by name, or the name of one that is not there. */
  function findSecrets(): { secrets: Record<string, string> } | { missing: string } {
    const secrets: Record<string, string> = {};
    for (const name of config.secrets ?? []) {
      // Files and shells like to add a line end.
      const value = dependencies.resolveSecret(name)?.trim() ?? '';
      if (value === '') return { missing: name };
      secrets[name] = value;
    }
    confidential = Object.values(secrets).filter((value) => value.length >= minConfidentialLength);
    return { secrets };
  }

  const secretMissing = (name: string) => `secret ${name} of the ${who} is not set`;
  const secretFix = (name: string) =>
    `set the environment variable ${name} where the worker runs, and restart the worker`;

  function takeProcess(secrets: Record<string, string>): ExecProcess {
    for (let waiting = idle.pop(); waiting !== undefined; waiting = idle.pop()) {
      clearTimeout(waiting.timer);
      if (waiting.process.usable) return waiting.process;
    }
    const process = new ExecProcess({ command, cwd, env: commandEnvironment(secrets), maxBytes });
    processes.add(process);
    void process.gone.then(() => processes.delete(process));
    return process;
  }

  function giveBack(process: ExecProcess): void {
    if (!process.usable) return;
    const waiting = { process, timer: setTimeout(retire, idleMs) };
    waiting.timer.unref();
    idle.push(waiting);
    function retire() {
      idle.splice(idle.indexOf(waiting), 1);
      void process.dismiss(graceMs);
    }
  }

  async function call({ input, context, bare, signal }: AgentCall): Promise<AgentAnswer> {
    signal?.throwIfAborted();
    if (blocked !== null) return failedAnswer('blocked', `${blocked}; ${blockedFix}`, 0);
    const found = findSecrets();
    if ('missing' in found) {
      return failedAnswer('not_configured', `${secretMissing(found.missing)}; ${secretFix(found.missing)}`, 0);
    }
    const process = takeProcess(found.secrets);
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const ending = new Promise<'timeout' | 'aborted'>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, 'timeout');
      onAbort = () => resolve('aborted');
      signal?.addEventListener('abort', onAbort);
    });
    const heard = await Promise.race([process.ask(JSON.stringify(bare ? input : { input, context })), ending]);
    const latencyMs = performance.now() - startedAt;
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
    if (heard === 'timeout' || heard === 'aborted') {
      process.kill();
      signal?.throwIfAborted();
      const message = `${who} did not answer within ${timeoutMs} ms (timeoutMs) and was killed${lastWords(process)}`;
      return failedAnswer('timeout', message, latencyMs);
    }
    if (heard.kind !== 'line') return explain(heard, process, latencyMs);
    const answer = readLine(heard.line, bare ? [] : outputPath, process, latencyMs);
    if (!answer.ok) {
      process.kill();
      return answer;
    }
    // What it says after its answer would be taken for the answer to the next request: a turn of the event loop tells.
    // The caller waits as well, since a lane that went on at once would find no idle process and start another.
    await new Promise((resolve) => setImmediate(resolve));
    giveBack(process);
    return answer;
  }

  function readLine(line: string, path: JsonPath, process: ExecProcess, latencyMs: number): AgentAnswer {
    let answer: unknown;
    try {
      answer = JSON.parse(line);
    } catch {
      const problem = `wrote a line that is not JSON: found ${quote(line)}; stdout is for answers, print logs to stderr`;
      return failedAnswer('invalid_output', `${who} ${problem}${lastWords(process)}`, latencyMs);
    }
    const read = readAnswer(answer, path);
    if (!('problem' in read)) return { ok: true, ...read, latencyMs };
    const message = `${who} wrote no usable answer: ${read.problem}; expected {output, …} on one line`;
    return withUsage(failedAnswer('invalid_output', message, latencyMs), read.usage);
  }

  function explain(heard: Exclude<Heard, { kind: 'line' }>, process: ExecProcess, latencyMs: number): AgentAnswer {
    switch (heard.kind) {
      case 'too_large': {
        const size = `found ${heard.bytes} bytes or more, expected at most ${maxBytes} (maxResponseBytes)`;
        return failedAnswer('too_large', `${who} wrote too much on one line and was killed: ${size}`, latencyMs);
      }
      case 'too_much_said': {
        const problem = `wrote more than one line for one request: found ${quote(heard.rest)} after the first`;
        return failedAnswer('invalid_output', `${who} ${problem}; print logs to stderr`, latencyMs);
      }
      case 'not_started': {
        const { code, message } = heard.error;
        const why = code === 'ENOENT' && cwd !== undefined ? `cwd ${quoteText(cwd)} is not there` : message;
        return failedAnswer('unreachable', `${who} cannot be started: ${why}`, latencyMs);
      }
      case 'exited':
        return explainExit(heard, process, latencyMs);
    }
  }

  function explainExit(heard: Heard & { kind: 'exited' }, process: ExecProcess, latencyMs: number): AgentAnswer {
    const signal = heard.signal ?? signalOf(heard.code);
    const how = signal === null ? `exited with code ${heard.code}` : `was ended by ${signal}`;
    // What /bin/sh says of a command that it does not find or may not run.
    if (process.answers === 0 && (heard.code === 126 || heard.code === 127)) {
      return failedAnswer('unreachable', `${who} cannot be started: it ${how}${lastWords(process)}`, latencyMs);
    }
    // It had ended in good order before the request reached it, as programs do that answer a few requests only.
    if (process.answers > 0 && heard.code === 0 && !process.saidSomething) {
      return failedAnswer('connection_reset', `${who} ended after ${process.answers} answers`, latencyMs);
    }
    return failedAnswer('threw', `${who} ${how} before it answered${lastWords(process)}`, latencyMs);
  }

  function lastWords(process: ExecProcess): string {
    const text = redact(process.lastWords);
    if (text === '') return '';
    const shown = text.length <= 250 ? text : `…${text.slice(-250).toWellFormed()}`;
    return `; on stderr: ${quoteText(shown, 260)}`;
  }

  const quote = (text: string) => quoteText(redact(text.slice(0, 10_000)));

  function redact(text: string): string {
    let shown = text;
    for (const value of confidential) shown = shown.replaceAll(value, '[secret]');
    return shown;
  }

  return {
    endpoint: `exec:${command.slice(0, 200)}`,
    call,
    async probe() {
      if (blocked !== null) return { message: blocked, fix: blockedFix };
      const found = findSecrets();
      if ('missing' in found) return { message: secretMissing(found.missing), fix: secretFix(found.missing) };
      if (cwd !== undefined && !(await isFolder(cwd))) {
        const message = `${who} cannot be started: cwd ${quoteText(cwd)} is no folder where the worker runs`;
        return { message, fix: 'correct cwd; a relative one starts where the worker runs' };
      }
      const program = /^[\w./+-]+(?=\s|$)/.exec(command)?.[0];
      if (program === undefined || (await isProgram(program, cwd))) return null;
      const message = `${who} cannot be started: ${program} is not found where the worker runs`;
      return { message, fix: `install ${program} there, or write its path into command` };
    },
    async close() {
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      await Promise.all([...processes].map((process) => process.dismiss(graceMs)));
    },
  };
}

/** Shells tell the signal that ended their command as 128 + its number. */
function signalOf(code: number | null): string | null {
  return Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0] ?? null;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isProgram(name: string, cwd: string | undefined): Promise<boolean> {
  const options = { cwd, env: commandEnvironment({}), timeout: probeMs };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', 'command -v -- "$1"', 'sh', name], options, (error) => resolve(error === null));
  });
}
