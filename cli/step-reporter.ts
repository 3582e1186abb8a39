import pc from 'picocolors';

/** Shows steps with their elapsed time; has the shape that `local` reports to. */
export interface StepReporter {
  step(title: string): { update(text: string): void; done(text?: string): void; fail(): void };
  line(text: string): void;
}

const tickMs = 200;
const quietMs = 15_000;

/**
 * On a terminal one live line for the steps under way; in a pipe a line when a step ends, and for a long one also
 * when it has gone on for a second and every 15 s from then on.
 */
export function createStepReporter(output: NodeJS.WriteStream = process.stdout): StepReporter {
  const live = output.isTTY === true;
  const colors = pc.createColors(live && pc.isColorSupported);
  const running = new Map<symbol, { text: string; startedAt: number; toldAt: number }>();
  let ticking: NodeJS.Timeout | undefined;

  const clear = () => live && output.write('\r\x1b[2K');
  const print = (text: string) => {
    clear();
    output.write(`${text}\n`);
  };
  const draw = () => {
    if (running.size === 0) return;
    const text = [...running.values()].map((step) => `${step.text} ${seconds(step.startedAt)}`).join(' · ');
    output.write(`\r\x1b[2K${colors.dim(text.slice(0, (output.columns ?? 80) - 1))}`);
  };
  const tick = () => {
    if (live) return draw();
    for (const step of running.values()) {
      const now = Date.now();
      const due = step.toldAt === 0 ? now - step.startedAt > 1_000 : now - step.toldAt > quietMs;
      if (!due) continue;
      print(`${step.text} … ${seconds(step.startedAt)}`);
      step.toldAt = now;
    }
  };

  return {
    line: (text) => {
      print(text);
      if (live) draw();
    },
    step: (title) => {
      const key = Symbol(title);
      const step = { text: title, startedAt: Date.now(), toldAt: 0 };
      running.set(key, step);
      ticking ??= setInterval(tick, tickMs).unref();
      if (live) draw();
      const end = () => {
        running.delete(key);
        if (running.size === 0) {
          clearInterval(ticking);
          ticking = undefined;
        }
        clear();
      };
      return {
        update: (text) => {
          step.text = text;
        },
        done: (text = step.text) => {
          end();
          print(`${colors.green('✓')} ${text} ${colors.dim(`(${seconds(step.startedAt)})`)}`);
          if (live) draw();
        },
        fail: () => {
          end();
          if (live) draw();
        },
      };
    },
  };
}

const seconds = (since: number): string => {
  const elapsed = (Date.now() - since) / 1000;
  return elapsed < 60 ? `${elapsed.toFixed(1)} s` : `${Math.floor(elapsed / 60)} min ${Math.round(elapsed % 60)} s`;
};
