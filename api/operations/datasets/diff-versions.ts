import type { DatasetDiff } from '../../../schema/contracts/dataset.ts';
import { diffVersions as diffStoredVersions } from '../../../store/datasets/diff-versions.ts';
import type { SignedContext } from '../../context.ts';
import { findReferenced } from './get-version.ts';

/** What changed from one version to another, by example id. */
export async function diffVersions({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { from: string; to: string; limit: number };
}): Promise<DatasetDiff> {
  const from = (await findReferenced(ctx, input.from)).row;
  const to = (await findReferenced(ctx, input.to)).row;
  const diff = await diffStoredVersions(ctx.db, { from: from.versionId, to: to.versionId, limit: input.limit });
  return {
    from: { name: from.name, version: from.version, examples: from.examples },
    to: { name: to.name, version: to.version, examples: to.examples },
    ...diff,
  };
}
