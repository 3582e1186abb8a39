import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

export interface DatasetVersionRow {
  name: string;
  version: number;
  versionId: string;
  examples: number;
  splits: Record<string, number>;
  /** Pairs of splits that may share nothing. */
  disjoint: [string, string][];
  contentHash: string;
  createdAt: string;
}

/** A dataset's version by number, by the label of a pin, or the newest (`latest`). @throws {SluiceError} not_found */
export async function findDatasetVersion(
  db: Store,
  input: { projectId: string; name: string; version: number | string },
): Promise<DatasetVersionRow> {
  const rows = await db
    .selectFrom('dataset as d')
    .innerJoin('dataset_version as v', 'v.dataset_id', 'd.id')
    .select(['v.id', 'v.version', 'v.example_count', 'v.splits', 'v.disjoint', 'v.content_hash', 'v.created_at'])
    .select('v.dataset_id')
    .where('d.project_id', '=', input.projectId)
    .where('d.name', '=', input.name)
    .orderBy('v.version', 'desc')
    .execute();
  if (rows.length === 0) {
    const names = await db.selectFrom('dataset').select('name').where('project_id', '=', input.projectId).execute();
    throw new SluiceError({
      code: 'not_found',
      message: `there is no dataset "${input.name}"${suggest(
        input.name,
        names.map((row) => row.name),
      )}`,
      fix: `Push it first: \`sluice dataset push ${input.name} FILE\` (JSONL or CSV).`,
    });
  }
  const pins = typeof input.version === 'string' && input.version !== 'latest' ? await pinsOf(db, rows[0]) : null;
  const number = pins === null ? input.version : pins.get(String(input.version));
  const found = number === 'latest' ? rows[0] : rows.find((row) => row.version === number);
  if (!found) {
    const versions = rows.map((row) => row.version).reverse();
    throw new SluiceError({
      code: 'not_found',
      message:
        pins === null
          ? `dataset ${input.name} has no version ${input.version}; it has ${listed(versions)}`
          : `dataset ${input.name} has no pin "${input.version}"${pins.size > 0 ? suggest(String(input.version), [...pins.keys()]) : '; it has none'}`,
      fix:
        pins === null
          ? 'Use one of these, or @latest.'
          : `Pin a version: \`sluice dataset pin ${input.name}@${versions.at(-1)} --as ${input.version}\`; or name one by its number, or @latest.`,
    });
  }
  return {
    name: input.name,
    version: found.version,
    versionId: found.id,
    examples: found.example_count,
    splits: found.splits,
    disjoint: found.disjoint,
    contentHash: found.content_hash,
    createdAt: found.created_at.toISOString(),
  };
}

async function pinsOf(db: Store, row: { dataset_id: string } | undefined): Promise<Map<string, number>> {
  const pins = await db
    .selectFrom('dataset_pin')
    .select(['label', 'version'])
    .where('dataset_id', '=', row?.dataset_id ?? '')
    .execute();
  return new Map(pins.map((pin) => [pin.label, pin.version]));
}

function listed(versions: number[]): string {
  return versions.length <= 20 ? versions.join(', ') : `${versions[0]} to ${versions.at(-1)}`;
}
