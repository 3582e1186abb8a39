import { dirname, resolve } from 'node:path';
import { typedIn } from '../../config/invocation.ts';
import { isRolloutSpec, parseRollout } from '../../schema/contracts/parse-rollout.ts';
import { parseSpec } from '../../schema/contracts/parse-spec.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { SluiceError } from '../../schema/errors.ts';
import { readDocuments } from '../files/read-documents.ts';
import { findGit } from './find-git.ts';
import type { SpecDataset } from './spec-dataset.ts';

export interface ReadSpec {
  /** Checked. Where `dataset` names a file, the reference in it is to be replaced after the push. */
  readonly spec: ExperimentSpec;
  readonly dataset: SpecDataset | undefined;
  /** As the user named it. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Reads an experiment spec, with the commit it stands at.
 * @throws {SluiceError} with line and column, or the path of the key
 */
export async function readSpec(file: string): Promise<ReadSpec> {
  const path = resolve(typedIn(), file);
  const input = pickExperiment(readDocuments(file), file);
  const named = (input as { dataset?: unknown } | null)?.dataset;
  let dataset: SpecDataset | undefined;
  // Loaded for what looks like a file only: a stored dataset needs nothing of it.
  if (typeof named === 'object' || (typeof named === 'string' && /[./]/.test(named))) {
    const { readSpecDataset } = await import('./spec-dataset.ts');
    dataset = readSpecDataset(named, file);
  }
  const spec = parseSpec(dataset ? { ...(input as object), dataset: dataset.name } : input, file);
  const git = spec.git ?? findGit(dirname(path));
  return { spec: git ? { ...spec, git } : spec, dataset, file, path };
}

/** A file's spec, whatever kind of run it asks for. @throws {SluiceError} with line and column, or the path of the key */
export async function readAnySpec(file: string): Promise<ReadSpec | { rollout: RolloutSpec; file: string }> {
  const documents = readDocuments(file);
  const [only] = documents;
  if (documents.length !== 1 || !isRolloutSpec(only)) return readSpec(file);
  return { rollout: parseRollout(only, file), file };
}

function pickExperiment(documents: unknown[], file: string): unknown {
  if (documents.length === 1) return documents[0];
  const kinds = documents.map((document) => (document as { kind?: unknown } | null)?.kind);
  const experiments = documents.filter((_, index) => kinds[index] === 'experiment');
  if (experiments.length === 1) return experiments[0];
  throw new SluiceError({
    code: 'invalid_input',
    message: `${file}: found ${documents.length} documents (${kinds.map((kind) => String(kind ?? 'no kind')).join(', ')}), expected exactly one of kind: experiment`,
    fix: 'Put each experiment into a file of its own.',
  });
}
