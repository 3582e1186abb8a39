import { z } from 'zod';

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

export interface DatasetVersionInfo {
  name: string;
  version: number;
  examples: number;
  /** Examples per split. */
  splits: Record<string, number>;
  contentHash: string;
  createdAt: string;
  /** False when the same content was already the newest version, so that none was made. */
  created: boolean;
}
