import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { FunctionRegistry } from '../schema/contracts/call.ts';
import { SluiceError } from '../schema/errors.ts';

/**
 * Reads what sluice.config.ts registers, and again when the file has changed, so that nobody needs to restart a worker
 * to try a new evaluator. An absent file registers nothing.
 */
export function createFunctionLoader(file: string): () => Promise<FunctionRegistry> {
  let loaded: { modifiedMs: number; registry: Promise<FunctionRegistry> } | null = null;
  return async () => {
    const found = await stat(file).catch(() => null);
    if (!found) return {};
    if (loaded?.modifiedMs !== found.mtimeMs) {
      loaded = { modifiedMs: found.mtimeMs, registry: load(file, found.mtimeMs) };
    }
    return loaded.registry;
  };
}

async function load(file: string, modifiedMs: number): Promise<FunctionRegistry> {
  try {
    const module = (await import(`${pathToFileURL(file).href}?modified=${modifiedMs}`)) as {
      default?: FunctionRegistry;
    };
    return module.default ?? {};
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${file} cannot be loaded: ${error instanceof Error ? error.message : error}`,
      fix: 'Its default export must be { agents: { name: function }, evaluators: { name: function } }.',
      cause: error,
    });
  }
}
