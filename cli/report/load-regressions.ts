import type { SluiceClient } from '../../client/create-client.ts';
import type { GoldenCase } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { builtinMetrics } from '../../schema/contracts/words.ts';

/** Examples on which a candidate did worse than control in one metric: how many, and the first of them. */
export interface Regressions {
  readonly metric: string;
  readonly candidate: string;
  readonly total: number;
  readonly examples: readonly RegressedExample[];
}

export interface RegressedExample {
  readonly id: string;
  readonly input: Json;
  /** Undefined when the dataset has none. */
  readonly expected: Json | undefined;
  /** Of a golden case that says so: who owns it, and why it must not break. */
  readonly golden?: GoldenCase | null;
  /** Of each variant, in the first repetition in which they differ. */
  readonly control: Said;
  readonly candidate: Said;
}

/** What a variant said of an example. */
export interface Said {
  readonly output: Json;
  /** Why there is no output. */
  readonly error: string | null;
  readonly score: number | null;
}

const examplesEach = 20;
const comparisonsShown = 6;

/** The regressed examples of each comparison that an evaluator made. What cannot be loaded is left out. */
export async function loadRegressions(sluice: SluiceClient, result: RunResult): Promise<Regressions[]> {
  const wanted = result.comparisons
    .filter(
      (one) =>
        !(one.metric in builtinMetrics) && one.split === undefined && one.slice === undefined && one.regressed > 0,
    )
    .filter((one, index, all) => all.findIndex((other) => sameSubject(one, other)) === index)
    .slice(0, comparisonsShown);
  const loaded = wanted.map(async ({ metric, candidate, regressed }): Promise<Regressions> => {
    const { examples } = await sluice.runs.examples.query({
      id: result.id,
      metric,
      candidate,
      change: 'regressed',
      limit: examplesEach,
    });
    return {
      metric,
      candidate,
      total: regressed,
      examples: examples.map(({ id, input, expected, golden, answers }) => {
        const said = (variant: string) =>
          answers
            .filter((one) => one.variant === variant)
            .map(({ output, error, scores }): Said => ({ output, error, score: scores[metric] ?? null }));
        const [control, treated] = [said('control'), said(candidate)];
        const differs = treated.findIndex((one, index) => one.score !== control[index]?.score);
        const shown = Math.max(0, differs);
        const none: Said = { output: null, error: 'no answer was recorded', score: null };
        return {
          id,
          input,
          expected: expected ?? undefined,
          golden,
          control: control[shown] ?? none,
          candidate: treated[shown] ?? none,
        };
      }),
    };
  });
  return (await Promise.allSettled(loaded)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function sameSubject(one: { metric: string; candidate: string }, other: { metric: string; candidate: string }) {
  return one.metric === other.metric && one.candidate === other.candidate;
}
