import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../schema/errors.ts';
import { beginPush } from '../../store/datasets/begin-push.ts';
import { findDatasetVersion } from '../../store/datasets/find-dataset-version.ts';
import { finishPush } from '../../store/datasets/finish-push.ts';
import { listDatasets } from '../../store/datasets/list-datasets.ts';
import { type StagedRow, stageRows } from '../../store/datasets/stage-rows.ts';
import { projectId, stagedRow } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
const createdBy = 'person:ada';

const begin = (name: string) => beginPush(db, { projectId, name, createdBy });
const finish = (pushId: string, rows: number) =>
  db.transaction().execute((trx) => finishPush(trx, { projectId, pushId, rows, createdBy }));
const push = async (name: string, rows: StagedRow[]) => {
  const pushId = await begin(name);
  await stageRows(db, pushId, rows);
  return finish(pushId, rows.length);
};
const rowsOf = (count: number) => Array.from({ length: count }, (_, number) => stagedRow(number));
const problemOf = async (promise: Promise<unknown>): Promise<SluiceError> => {
  const error = await promise.then(
    () => new Error('it went well'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(SluiceError);
  return error;
};

describe('a dataset push', () => {
  it('is not to be seen before it is finished', async () => {
    const pushId = await begin('unseen');
    await stageRows(db, pushId, rowsOf(5));
    expect((await listDatasets(db, projectId)).map((one) => one.name)).not.toContain('unseen');
    await finish(pushId, 5);
    expect(await findDatasetVersion(db, { projectId, name: 'unseen', version: 'latest' })).toMatchObject({
      version: 1,
      examples: 5,
    });
  });

  it('with duplicate ids is refused, naming ids and rows, and leaves nothing', async () => {
    const rows = [stagedRow(0), stagedRow(1), stagedRow(2, { exampleId: 'e0' }), stagedRow(3, { exampleId: 'e1' })];
    const problem = await problemOf(push('doubled', rows));
    expect(problem.code).toBe('invalid_input');
    expect(problem.message).toBe(
      'dataset doubled: 2 ids are used by several rows: "e0" in rows 1, 3; "e1" in rows 2, 4',
    );
    expect(problem.fix).toContain('Nothing was changed');
    expect((await listDatasets(db, projectId)).map((one) => one.name)).not.toContain('doubled');
  });

  it('of which a chunk got lost is refused', async () => {
    const pushId = await begin('gap');
    await stageRows(db, pushId, rowsOf(3));
    expect((await problemOf(finish(pushId, 5))).message).toBe('dataset gap: 3 rows arrived, 5 were sent');
  });

  it('without rows is refused', async () => {
    expect((await problemOf(finish(await begin('empty'), 0))).message).toBe('dataset empty: the push has no rows');
  });

  it('whose chunk was sent twice has its rows once', async () => {
    const pushId = await begin('twice');
    await stageRows(db, pushId, rowsOf(4));
    await stageRows(db, pushId, rowsOf(4));
    expect(await finish(pushId, 4)).toMatchObject({ version: 1, examples: 4 });
  });

  it('finished twice makes one version', async () => {
    const pushId = await begin('finished');
    await stageRows(db, pushId, rowsOf(2));
    const first = await finish(pushId, 2);
    // An answer that was lost on the way is asked for again.
    expect(await finish(pushId, 2)).toEqual(first);
  });

  it('of the same content makes no new version; of changed content it does', async () => {
    expect(await push('changing', rowsOf(3))).toMatchObject({ version: 1, created: true });
    expect(await push('changing', rowsOf(3))).toMatchObject({ version: 1, created: false });
    expect(await push('changing', [...rowsOf(2), stagedRow(2, { expected: 'other' })])).toMatchObject({
      version: 2,
      created: true,
    });
    // Back to the first content: a version again, since versions are a history.
    expect(await push('changing', rowsOf(3))).toMatchObject({ version: 3, created: true });
  });

  it('gives rows without id one made from their content, counted among equals', async () => {
    const same = { exampleId: null, contentHash: 'f'.repeat(64) };
    await push('nameless', [stagedRow(0, same), stagedRow(1, { ...same }), stagedRow(2, { exampleId: 'own' })]);
    const { rows } = await db
      .selectFrom('example_revision as r')
      .innerJoin('dataset as d', 'd.id', 'r.dataset_id')
      .select('r.example_id')
      .where('d.name', '=', 'nameless')
      .orderBy('r.id')
      .execute()
      .then((found) => ({ rows: found.map((row) => row.example_id) }));
    expect(rows).toEqual([`ex-${'f'.repeat(16)}`, `ex-${'f'.repeat(16)}-2`, 'own']);
  });

  it('counts its splits', async () => {
    const pushed = await push('split', [
      stagedRow(0, { splits: ['test'] }),
      stagedRow(1, { splits: ['golden', 'test'] }),
      stagedRow(2),
    ]);
    expect(pushed.splits).toEqual({ golden: 1, test: 2 });
  });
});

it('two pushes of one name at once become versions 1 and 2', async () => {
  const [one, other] = await Promise.all([begin('raced'), begin('raced')]);
  await stageRows(db, one, rowsOf(50));
  await stageRows(db, other, rowsOf(60));
  const versions = await Promise.all([finish(one, 50), finish(other, 60)]);
  expect(versions.map((info) => info.version).sort()).toEqual([1, 2]);
  for (const info of versions) {
    const found = await findDatasetVersion(db, { projectId, name: 'raced', version: info.version });
    expect(found.examples).toBe(info.examples);
  }
});
