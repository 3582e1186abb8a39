import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

/** CPU seconds (user + system) that a process and its living children have used so far. Linux only. */
export function cpuSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, one) => {
    const fields = readStat(one);
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }, 0);
}

/** Resident memory of one process in MB. */
export function residentMb(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/);
  return Number(line?.[1] ?? 0) / 1024;
}

function treeOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(treeOf)];
  } catch {
    return [];
  }
}

/** Fields of /proc/PID/stat after the name: [0] is the state, [11] user and [12] system time in ticks. */
function readStat(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return Array.from({ length: 20 }, () => '0');
  }
}

export interface TimedRun {
  startedAtMs: number;
  endedAtMs: number;
  wallMs: number;
  cpuSeconds: number;
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end and measures it as a whole process. */
export async function timed(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<TimedRun> {
  const startedAtMs = Date.now();
  const started = performance.now();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  let lastCpu = 0;
  const sampler = setInterval(() => {
    if (child.pid) lastCpu = Math.max(lastCpu, cpuSeconds(child.pid));
  }, 50);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  clearInterval(sampler);
  const wallMs = performance.now() - started;
  return { startedAtMs, endedAtMs: Date.now(), wallMs, cpuSeconds: lastCpu, exitCode, stdout, stderr };
}
