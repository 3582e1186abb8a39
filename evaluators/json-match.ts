import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';
import { expectedOf } from './expected-of.ts';
import { jsonEqual } from './json-equal.ts';
import { outputReader } from './output-reader.ts';

/**
 * 1 when the output satisfies `schema` (JSON Schema 2020-12, or draft-07 where `$schema` says so; formats are not
 * checked) and, where `compare` asks for it, equals `expected` as JSON; else 0. A text that holds JSON also counts as
 * the JSON it holds, since models answer in text.
 */
export function jsonMatch(config: EvaluatorConfig & { type: 'json_match' }): Evaluator {
  const reader = outputReader(config);
  const validate = config.schema === undefined ? undefined : compileSchema(config.name, config.schema);
  const compare = config.compare ?? validate === undefined;
  if (!compare && validate === undefined) {
    throw badConfig(config.name, 'compare', 'compare is false and there is no schema, so nothing would be judged');
  }
  return {
    name: config.name,
    kind: 'binary',
    evaluate(input) {
      const expected = compare ? expectedOf(config.name, input) : undefined;
      const found = reader.read(input.output);
      if (found === undefined) return reader.missing(input.output);
      const held = heldJson(found);
      if (validate !== undefined && !validate(found) && (held === found || !validate(held))) {
        return { score: 0, explanation: `${explainInvalid(validate)}; found ${quoteText(JSON.stringify(found), 60)}` };
      }
      if (expected === undefined || jsonEqual(found, expected) || jsonEqual(held, heldJson(expected))) {
        return { score: 1 };
      }
      const [was, wanted] = [JSON.stringify(found), JSON.stringify(expected)];
      return { score: 0, explanation: `found ${quoteText(was, 60)}, expected ${quoteText(wanted, 60)}` };
    },
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

/** `pattern` in schemas, too, must run in linear time. */
const linearPatterns = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // ajv tells patterns apart by their text.
    return { test: (text: string) => compiled.test(text), toString: () => pattern };
  },
  { code: 'linearPatterns' },
);

const options = {
  allErrors: false,
  strict: false,
  validateFormats: false,
  logger: false,
  code: { regExp: linearPatterns },
} as const;

function compileSchema(name: string, schema: Record<string, unknown>): ValidateFunction {
  const isDraft07 = typeof schema.$schema === 'string' && /draft-0[67]/.test(schema.$schema);
  const ajv = isDraft07 ? new Ajv(options) : new Ajv2020(options);
  // Draft-06 differs from draft-07 in nothing that is checked here.
  const { $schema, ...rest } = schema;
  try {
    return ajv.compile(isDraft07 ? rest : schema);
  } catch (error) {
    throw badConfig(name, 'schema', error instanceof Error ? error.message : String(error), error);
  }
}

function explainInvalid(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  if (error === undefined) return 'does not satisfy the schema';
  const place = error.instancePath === '' ? 'it' : error.instancePath;
  return `${place} ${error.message ?? `fails ${error.keyword}`}`.slice(0, 200);
}

function badConfig(name: string, field: string, why: string, cause?: unknown): SluiceError {
  const message = `evaluator ${name}: ${field} cannot be used: ${why}`.slice(0, 500);
  return new SluiceError({
    code: 'invalid_input',
    message,
    fix: 'correct the JSON Schema (2020-12 or draft-07, no remote references, patterns in RE2 syntax)',
    details: [{ path: field, message }],
    cause,
  });
}
