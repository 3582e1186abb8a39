import type { AgentUsage, Step } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { describeMissing, type JsonPath, readJsonPath } from '../schema/json-path.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';
import { readSteps } from './read-steps.ts';
import { isCount, readUsage } from './read-usage.ts';

export interface ReadAnswer {
  output: Json;
  steps?: number | Step[];
  usage?: AgentUsage;
  model?: string;
}

export interface UnusableAnswer {
  problem: string;
  usage?: AgentUsage;
}

const maxModelLength = 200;

/**
 * Takes an answer apart: the output at `outputPath`, and `steps` (a number, or a list of them), `usage` and `model` where they are what they should be; otherwise these are left out, since answers mapped by
 * `outputPath` use the names for other things. Usage is also read as OpenAI and Anthropic write it.
 * @returns the parts, or what is wrong with it, and what it cost all the same.
 */
export function readAnswer(answer: unknown, outputPath: JsonPath): ReadAnswer | UnusableAnswer {
  const { steps, usage, model } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<
    string,
    unknown
  >;
  const used = readUsage(usage);
  const unusable = (problem: string) => ({ problem, ...(used === undefined ? {} : { usage: used }) });
  const output = readJsonPath(answer, outputPath);
  if (output === undefined) return unusable(describeMissing(answer, outputPath));
  const why = whyNotStorable(output);
  if (why !== null) return unusable(`its output cannot be stored: ${why}`);
  const read: ReadAnswer = { output };
  if (Array.isArray(steps)) read.steps = readSteps(steps);
  else if (isCount(steps)) read.steps = steps;
  if (used !== undefined) read.usage = used;
  if (isModelName(model)) read.model = model;
  return read;
}

/** Whether it may be stored as the name of the model that answered. */
export function isModelName(model: unknown): model is string {
  return typeof model === 'string' && whyNotStorable(model) === null && model.length <= maxModelLength;
}
