import type { SluiceClient } from '../../client/create-client.ts';
import type { GoldenCase } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { ComparisonResult, RunResult } from '../../schema/contracts/result.ts';
import { builtinMetrics } from '../../schema/contracts/words.ts';

/** Examples that changed one way in one metric: how many, and the first of them. */
export interface Changes {
  readonly metric: string;
  readonly candidate: string;
  readonly change: 'improved' | 'regressed';
  readonly total: number;
  readonly examples: readonly ChangedExample[];
}

export interface ChangedExample {
  readonly id: string;
  readonly input: Json;
  /** Of a golden case that says so: who owns it, and why it must not break. */
  readonly golden?: GoldenCase | null;
  /** What each variant answered in the first repetition; undefined when its call failed. */
  readonly control: Json | undefined;
  readonly candidate: Json | undefined;
}

const examplesEach = { regressed: 10, improved: 5 } as const;
const comparisonsShown = 4;

/** The first changed examples of each comparison that an evaluator made. What cannot be loaded is left out. */
export async function loadChanges(sluice: SluiceClient, result: RunResult): Promise<Changes[]> {
  const wanted = result.comparisons
    .filter((one) => !(one.metric in builtinMetrics) && one.split === undefined && one.slice === undefined)
    // A goal stands there at its own level and at 95 %: the examples are the same.
    .filter((one, index, all) => all.findIndex((other) => sameSubject(one, other)) === index)
    .slice(0, comparisonsShown)
    .flatMap((one) => [
      { ...one, change: 'regressed' as const, total: one.regressed },
      { ...one, change: 'improved' as const, total: one.improved },
    ])
    .filter((one) => one.total > 0);
  const loaded = wanted.map(async ({ metric, candidate, change, total }): Promise<Changes> => {
    const limit = examplesEach[change];
    const { examples } = await sluice.runs.examples.query({ id: result.id, metric, candidate, change, limit });
    return {
      metric,
      candidate,
      change,
      total,
      examples: examples.map(({ id, input, golden, answers }) => {
        const said = (variant: string) => {
          const answer = answers.find((one) => one.variant === variant);
          return answer === undefined || answer.error !== null ? undefined : answer.output;
        };
        return { id, input, golden, control: said('control'), candidate: said(candidate) };
      }),
    };
  });
  return (await Promise.allSettled(loaded)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function sameSubject(one: ComparisonResult, other: ComparisonResult): boolean {
  return one.metric === other.metric && one.candidate === other.candidate;
}
