import type { Json } from '../../schema/contracts/json.ts';
import type { PlannedVariant } from '../../schema/contracts/plan.ts';
import { shortJson } from '../format/short-json.ts';

/** One key of an agent's configuration that a candidate has otherwise than control. */
export interface ConfigChange {
  /** As a reader writes it: `parameters.temperature`. */
  readonly path: string;
  /** In words; undefined where the variant does not have the key. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const longest = 120;

/** The keys in which a candidate differs from control, by path. Values that may be confidential are not told. */
export function configChanges(control: PlannedVariant, candidate: PlannedVariant): ConfigChange[] {
  const before = new Map(leaves(control.config as Json));
  const after = new Map(leaves(candidate.config as Json));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [{ path, before: describe(path, old), after: describe(path, now) }];
  });
}

/** The values at the ends of all paths; an array is one value. */
function leaves(value: Json, path = ''): [path: string, value: Json][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path === '' ? key : `${path}.${key}`));
}

function describe(path: string, value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  // Headers may hold keys, and so may the query of a URL.
  if (path.startsWith('headers.')) return '(not shown)';
  if (path === 'url' && typeof value === 'string') return value.replace(/\?.*$/, '?…');
  return shortJson(value, longest);
}
