import { z } from 'zod';
import type { Json } from './json.ts';

/** Sizes that a push may have; said in the message that refuses more. */
export const datasetLimits = {
  /** One example as JSON. */
  exampleBytes: 1_048_576,
  /** One line of a file. */
  lineBytes: 8_388_608,
  /** Rows in one request of `datasets.pushRows`. */
  rowsPerChunk: 1_000,
  /** Examples in one version. */
  examples: 1_000_000,
};

/** One row as pushed. `input` is required; `id` defaults to the content's hash. */
export const exampleRowSchema = z.strictObject({
  id: z.string().min(1).max(500).optional(),
  input: z.json(),
  expected: z.json().optional(),
  splits: z.array(z.string().min(1).max(100)).max(20).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  clusterKey: z.string().min(1).max(500).optional(),
  sourceTraceId: z.string().max(200).optional(),
});
export type ExampleRow = z.infer<typeof exampleRowSchema>;

/** A pair of splits, sorted. */
export type SplitPair = [string, string];

export interface DatasetVersionInfo {
  name: string;
  version: number;
  examples: number;
  /** Examples per split. */
  splits: Record<string, number>;
  /** Pairs of splits that may share no input and no clusterKey. */
  disjoint: SplitPair[];
  contentHash: string;
  createdAt: string;
  /** False when the same content was already the newest version, so that none was made. */
  created: boolean;
  /** What a reader should know of it, e.g. golden cases without an owner. */
  warnings: string[];
}

/** Metadata of a golden case that say whom to ask and why it must not break; shown wherever it does. */
export const goldenKeys = { owner: 'owner', reason: 'reason' } as const;

export interface GoldenCase {
  owner: string | null;
  reason: string | null;
}

/** Who owns a golden case and why it is one; null when its metadata tell neither. */
export function goldenCase(metadata: Readonly<Record<string, unknown>>): GoldenCase | null {
  const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : null);
  const owner = text(metadata[goldenKeys.owner]);
  const reason = text(metadata[goldenKeys.reason]);
  return owner === null && reason === null ? null : { owner, reason };
}

/** What `datasets.get` says of one version. */
export interface DatasetVersionDetail extends Omit<DatasetVersionInfo, 'created' | 'warnings'> {
  /** True when every input is text, and so on for `expected` where there is one: such a dataset fits a plain CSV. */
  textOnly: { input: boolean; expected: boolean };
  /** Labels that stand on this version. */
  pins: string[];
}

/** One row as `datasets.readRows` gives it: pushed again it makes the same content. */
export interface StoredRow extends ExampleRow {
  id: string;
  ordinal: number;
}

/** One example that differs between two versions. `fields` are paths: `input`, `expected`, `metadata.topic`, `clusterKey`. */
export interface DiffExample {
  id: string;
  fields: { field: string; before: Json | null; after: Json | null }[];
  /** Splits it joined and left. */
  joined: string[];
  left: string[];
}

export interface DatasetDiff {
  from: { name: string; version: number; examples: number };
  to: { name: string; version: number; examples: number };
  /** Examples by what became of them; `moved` = the same content in other splits. */
  counts: { added: number; removed: number; changed: number; moved: number; unchanged: number };
  /** How many changed examples differ in it. */
  fields: { input: number; expected: number; metadata: number; clusterKey: number; sourceTraceId: number };
  /** Examples of each split before and after, and how many joined and left it. */
  splits: Record<string, { before: number; after: number; joined: number; left: number }>;
  /** The first of each, by id. */
  added: { id: string; splits: string[] }[];
  removed: { id: string; splits: string[] }[];
  changed: DiffExample[];
  moved: DiffExample[];
}
