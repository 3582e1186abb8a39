// An exec agent that does what its input says: see exec-agent.test.ts.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
let calls = 0;

const acts = {
  echo: ({ input, context }) => say({ output: { input, context, pid: process.pid, call: ++calls } }),
  env: () => say({ output: process.env }),
  full: () => say({ output: 'fine', steps: 3, usage: { inputTokens: 5, outputTokens: 2, costUsd: 0.1 }, model: 'm1' }),
  crash: ({ input }) => {
    writeSync(2, `loading\nTraceback: ${input.because ?? 'no reason'}\n`);
    process.exit(3);
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  garbage: () => writeSync(1, 'not json\n'),
  spend: () => say({ error: 'no idea', usage: { inputTokens: 5, costUsd: 0.1 } }),
  shape: () => say({ answer: 42 }),
  log: () => {
    writeSync(1, 'thinking…\n');
    say({ output: 'fine' });
  },
  twice: () => writeSync(1, '{"output":1}\n{"output":2}\n'),
  blank: () => writeSync(1, '\n  \n{"output":1}\n\n'),
  late: () => {
    say({ output: process.pid });
    setTimeout(() => writeSync(1, 'done\n'), 20);
  },
  hang: () => {},
  flood: () => {
    const piece = 'x'.repeat(1 << 16);
    for (;;) {
      try {
        writeSync(1, piece);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
      }
    }
  },
  chatter: () => {
    for (let line = 0; line < 5_000; line++) writeSync(2, `${'y'.repeat(100)}\n`);
    say({ output: 'fine' });
  },
  once: () => {
    say({ output: process.pid });
    process.exit(0);
  },
  unended: () => {
    writeSync(1, '{"output":"no line end"}');
    process.exit(0);
  },
  child: () => {
    const child = spawn('sleep', ['600'], { stdio: 'inherit' });
    say({ output: { pid: process.pid, child: child.pid } });
  },
  deaf: () => {
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1_000);
    say({ output: process.pid });
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  acts[request.input?.do ?? 'echo'](request);
});
