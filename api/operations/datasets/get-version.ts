import type { DatasetVersionDetail } from '../../../schema/contracts/dataset.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import { parseDatasetReference } from '../../../schema/contracts/spec.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { describeContent } from '../../../store/datasets/describe-content.ts';
import { type DatasetVersionRow, findDatasetVersion } from '../../../store/datasets/find-dataset-version.ts';
import type { SignedContext } from '../../context.ts';

/** One version of a dataset by reference, with how many examples each split has. */
export async function getVersion({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { dataset: string };
}): Promise<DatasetVersionDetail> {
  const { row } = await findReferenced(ctx, input.dataset);
  const { name, version, examples, splits, disjoint, contentHash, createdAt } = row;
  const content = await describeContent(ctx.db, row.versionId);
  return { name, version, examples, splits, disjoint, contentHash, createdAt, ...content };
}

/** The version that `name[@version][#split]` names. @throws {SluiceError} not_found, also for a split it does not have */
export async function findReferenced(
  ctx: SignedContext,
  reference: string,
): Promise<{ row: DatasetVersionRow; split: string | null }> {
  const { split, ...named } = parseDatasetReference(reference);
  const row = await findDatasetVersion(ctx.db, { projectId: ctx.principal.projectId, ...named });
  if (split === null || split in row.splits) return { row, split };
  const known = Object.keys(row.splits);
  throw new SluiceError({
    code: 'not_found',
    message: `dataset ${row.name}@${row.version} has no split "${split}"${known.length > 0 ? suggest(split, known) : '; it has none at all'}`,
    fix:
      known.length > 0 ? `Its splits are ${known.join(', ')}; without one, all examples are meant.` : 'Leave it out.',
  });
}
