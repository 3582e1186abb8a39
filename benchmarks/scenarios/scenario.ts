import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { nameSchema } from '../../schema/contracts/words.ts';

const rate = z.number().min(0).max(1);
/** Mean of an arm's values; `to` is where it has drifted to after `over` units. */
const model = z.strictObject({
  control: rate,
  candidate: rate,
  drift: z.strictObject({ to: rate, over: z.int() }).optional(),
});

const scenarioSchema = z.strictObject({
  /** One sentence: what it is about. */
  about: z.string(),
  /** A rollout without `kind`, `name`, `agent` and `candidate`, which each run has of its own. */
  spec: z.record(z.string(), z.json()),
  traffic: z.strictObject({
    /** Units that come before each look. */
    unitsPerLook: z.int().min(1).max(1_000),
    /** After so many units the run is left as it is. */
    maxUnits: z.int().min(1),
    /** By metric: pass/fail values are drawn with these rates. */
    metrics: z.record(nameSchema, model),
  }),
  expect: z.strictObject({
    action: z.enum(['roll_back', 'roll_forward']),
    /** At most so many units until it was decided. */
    units: z.int().optional(),
    /** At most so many of them the candidate's. */
    candidateUnits: z.int().optional(),
    /** At least this share of the runs, or at most, for what must not happen. */
    atLeast: rate.optional(),
    atMost: rate.optional(),
  }),
});
export type Scenario = z.infer<typeof scenarioSchema> & { name: string };

/** The scenarios of the folder, by the names of their files. */
export function readScenarios(): Scenario[] {
  const folder = new URL('../../scenarios/', import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const read = scenarioSchema.parse(parse(readFileSync(new URL(file, folder), 'utf8')));
      return { name: file.replace(/\.yaml$/, ''), ...read };
    });
}
