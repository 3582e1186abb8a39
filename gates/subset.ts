import type { Criterion } from '../schema/contracts/gate.ts';
import type { EvidenceReader } from './evidence-reader.ts';

/** Which examples a comparison looks at; null = no such condition. */
export interface Subset {
  split: string | null;
  /** Metadata key -> value as text. */
  slice: Readonly<Record<string, string>> | null;
}

/** The subset a criterion names. Values are compared as text, so that `tier: 1` finds "1" from a CSV file. */
export function subsetOf({ split, slice }: Pick<Criterion, 'split' | 'slice'>): Subset {
  const entries = Object.entries(slice ?? {}).map(([key, value]) => [key, String(value)]);
  return { split: split ?? null, slice: entries.length === 0 ? null : Object.fromEntries(entries) };
}

/** Why a subset cannot be looked at: an unknown name beside the known ones, or no examples. Null when it can. */
export function unusableSubset(reader: EvidenceReader, subset: Subset): string | null {
  const { splits, slices = {} } = reader.evidence;
  if (subset.split !== null) {
    const positions = reader.split(subset.split);
    if (positions === undefined) return `the run has no split "${subset.split}"; it has: ${listed(splits)}`;
    if (positions.length === 0) return `the split "${subset.split}" has no examples in this run`;
  }
  for (const [key, value] of Object.entries(subset.slice ?? {})) {
    const values = Object.hasOwn(slices, key) ? (slices[key] as Record<string, Uint32Array>) : {};
    if (Object.keys(values).length === 0) return `no example of the run has the metadata key "${key}"`;
    if (!Object.hasOwn(values, value)) {
      return `no example of the run has ${key} = ${value}; ${key} is one of: ${listed(values)}`;
    }
  }
  if (subsetPositions(reader, subset).length === 0) return `no example of the run is in ${nameOfSubset(subset)}`;
  return null;
}

/** Positions of the examples in a subset, ascending; empty where a name is unknown. */
export function subsetPositions(reader: EvidenceReader, { split, slice }: Subset): Uint32Array {
  let positions = split === null ? reader.everything : (reader.split(split) ?? new Uint32Array(0));
  for (const [key, value] of Object.entries(slice ?? {})) {
    const { slices = {} } = reader.evidence;
    const values = Object.hasOwn(slices, key) ? (slices[key] as Record<string, Uint32Array>) : {};
    const inside = new Set(Object.hasOwn(values, value) ? values[value] : []);
    positions = positions.filter((position) => inside.has(position));
  }
  return positions;
}

/** `split golden`, `language = de`, `split golden, language = de`; empty for all examples. */
export function nameOfSubset({ split, slice }: Subset): string {
  const conditions = Object.entries(slice ?? {}).map(([key, value]) => `${key} = ${value}`);
  return [...(split === null ? [] : [`split ${split}`]), ...conditions].join(', ');
}

function listed(names: object): string {
  const all = Object.keys(names);
  const more = all.length > 20 ? ` and ${all.length - 20} more` : '';
  return `${all.slice(0, 20).join(', ') || 'none'}${more}`;
}
