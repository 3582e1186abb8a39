import type { EvaluatorInput, Judged, Step } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';
import { expectedList } from './expected-list.ts';
import { jsonKey } from './json-key.ts';

interface ToolCall {
  name: string;
  /** As a text to compare by; undefined where any will do. */
  arguments: string | undefined;
}

type ToolCallsConfig = EvaluatorConfig & { type: 'trajectory'; check: 'tool_calls' };

/**
 * 1 when the tools called are the expected ones in the sense of `match`, else 0; with `graded` F1 of the calls that
 * match, 2 m / (made + expected), in order for `exact` and `in_order`. Arguments are compared as JSON; a text that holds
 * JSON counts as what it holds, since models write arguments so.
 */
export function checkToolCalls(config: ToolCallsConfig): (steps: Step[], input: EvaluatorInput) => Judged {
  const expectedOf = expectedList(config);
  const match = config.match ?? 'exact';
  const key = argumentsKey(config.ignoreArguments ?? false);
  return (steps, input) => {
    const expected = expectedOf(input).map((call) => readExpected(config.name, call, key));
    const made = steps.flatMap(({ tool }) =>
      tool === undefined ? [] : [{ name: tool.name, arguments: key(tool.arguments ?? {}) }],
    );
    const inOrder = match === 'exact' || match === 'in_order';
    const matched = inOrder ? matchInOrder(made, expected) : matchAnyOrder(made, expected);
    const noneMissing = matched === expected.length;
    const noneElse = matched === made.length;
    const passed = match === 'exact' ? noneMissing && noneElse : match === 'subset' ? noneElse : noneMissing;
    const all = made.length + expected.length;
    const score = config.graded ? (all === 0 ? 1 : (2 * matched) / all) : Number(passed);
    if (score === 1) return { score };
    const explanation = `found ${show(made)}, expected ${match === 'exact' ? '' : `${match} `}${show(expected)}`;
    return { score, explanation };
  };
}

function readExpected(evaluator: string, call: Json, key: (given: Json) => string | undefined): ToolCall {
  if (typeof call === 'string') return { name: call, arguments: undefined };
  if (typeof call === 'object' && call !== null && !Array.isArray(call) && typeof call.name === 'string') {
    return { name: call.name, arguments: call.arguments === undefined ? undefined : key(call.arguments) };
  }
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${evaluator} cannot judge: found ${quoteText(JSON.stringify(call), 60)} among the expected tool calls, expected a name or {name, arguments?}`,
  });
}

function argumentsKey(ignore: boolean | string[]): (given: Json) => string | undefined {
  if (ignore === true) return () => undefined;
  const ignored = new Set(ignore || []);
  return (given) => {
    const held = heldJson(given);
    if (ignored.size === 0 || typeof held !== 'object' || held === null || Array.isArray(held)) return jsonKey(held);
    return jsonKey(Object.fromEntries(Object.entries(held).filter(([name]) => !ignored.has(name))));
  };
}

function heldJson(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function fits(made: ToolCall, expected: ToolCall): boolean {
  if (made.name !== expected.name) return false;
  return expected.arguments === undefined || made.arguments === expected.arguments;
}

/** Most calls that match without crossing: the longest common subsequence. */
function matchInOrder(made: ToolCall[], expected: ToolCall[]): number {
  let before = new Uint32Array(expected.length + 1);
  for (const call of made) {
    const row = new Uint32Array(expected.length + 1);
    expected.forEach((wanted, index) => {
      const skipped = Math.max(row[index] as number, before[index + 1] as number);
      row[index + 1] = fits(call, wanted) ? Math.max(skipped, (before[index] as number) + 1) : skipped;
    });
    before = row;
  }
  return before[expected.length] as number;
}

/** Most calls that match, each with one: those with arguments choose first, since any call will do for the others. */
function matchAnyOrder(made: ToolCall[], expected: ToolCall[]): number {
  const left = new Set(made);
  const choosy = expected.filter((call) => call.arguments !== undefined);
  const easy = expected.filter((call) => call.arguments === undefined);
  let matched = 0;
  for (const wanted of [...choosy, ...easy]) {
    for (const call of left) {
      if (!fits(call, wanted)) continue;
      left.delete(call);
      matched += 1;
      break;
    }
  }
  return matched;
}

function show(calls: ToolCall[]): string {
  if (calls.length === 0) return 'no tool call';
  const shown = calls.slice(0, 10).map(({ name, arguments: given }) => `${name}(${(given ?? '').slice(0, 80)})`);
  return `${shown.join(', ')}${calls.length > shown.length ? `, … (${calls.length})` : ''}`;
}
