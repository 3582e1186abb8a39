import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { DatasetDiff, DatasetVersionInfo, ExampleRow } from '../../schema/contracts/dataset.ts';
import { pushDataset } from '../support/push-dataset.ts';
import { hashOf, randomPng, randomWav } from '../support/random-media.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack({ workers: 0 });
const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-dataset-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };
const sluice = (...args: string[]) => runCli(['dataset', ...args], { cwd, env });
const write = (name: string, content: string | Uint8Array) => {
  mkdirSync(join(cwd, name, '..'), { recursive: true });
  writeFileSync(join(cwd, name), content);
};
const rowsOf = (dataset: string) => stack.sluice.datasets.readRows.query({ dataset, after: -1 });
const infoOf = (stdout: string) => JSON.parse(stdout) as DatasetVersionInfo;

describe('a folder of images and recordings', () => {
  const cat = randomPng();
  const dog = randomPng();
  const bark = randomWav();
  write('pets/cat/tom.png', cat);
  write('pets/dog/rex.png', dog);
  write('pets/dog/bark.wav', bark);
  write('pets/.hidden', 'x');
  write('pets/metadata.csv', 'file,text,breed,expected\ncat/tom.png,Who is it?,siamese,\ndog/rex.png,,poodle,a dog\n');

  it('becomes a dataset: an example for each file, columns from metadata.csv, labels from folders', async () => {
    const pushed = await sluice('push', 'pets', 'pets', '--label-from-folder', '--map', 'input=text', '--json');
    expect(pushed.stderr).toBe('');
    expect(infoOf(pushed.stdout)).toMatchObject({
      version: 1,
      examples: 3,
      created: true,
      media: { uploaded: 3, there: 0 },
    });
    const reference = (type: string, mediaType: string, content: Buffer) => ({
      type,
      mediaType,
      sha256: hashOf(content),
      sizeBytes: content.length,
    });
    expect((await rowsOf('pets')).map(({ ordinal: _ordinal, ...row }) => row)).toEqual([
      {
        id: 'cat/tom.png',
        input: [{ type: 'text', text: 'Who is it?' }, reference('image', 'image/png', cat)],
        expected: 'cat',
        metadata: { file: 'cat/tom.png', breed: 'siamese', text: 'Who is it?' },
      },
      {
        id: 'dog/bark.wav',
        input: [reference('audio', 'audio/wav', bark)],
        expected: 'dog',
        metadata: { file: 'dog/bark.wav' },
      },
      {
        id: 'dog/rex.png',
        input: [reference('image', 'image/png', dog)],
        expected: 'a dog',
        metadata: { file: 'dog/rex.png', breed: 'poodle', text: '' },
      },
    ]);
    const again = await sluice('push', 'pets', 'pets', '--label-from-folder', '--map', 'input=text');
    expect(again.stdout).toBe('unchanged: pets@1 has this content already, 0 of 3 media uploaded\n');
    expect(again.output).not.toContain('\u001b[');
  });

  it('with files of other kinds is refused, with their names and their number', async () => {
    write('mixed/a.png', cat);
    write('mixed/notes.txt', 'hello');
    write('mixed/b.png', 'no image at all');
    const { exitCode, stderr } = await sluice('push', 'mixed', 'mixed');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('mixed: 2 of 3 files are neither image nor audio, by their first bytes: b.png, notes.txt');
  });

  it('whose metadata name a file that is not there is refused with the line', async () => {
    write('gap/a.png', cat);
    write('gap/metadata.jsonl', '{"file": "a.png"}\n{"file": "b.png"}\n');
    const { exitCode, stderr } = await sluice('push', 'gap', 'gap');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('gap/metadata.jsonl line 2: file: "b.png" is not in gap; did you mean "a.png"?');
  });
});

describe('rows that name files', () => {
  const picture = randomPng();
  write('data/cat.png', picture);

  it('are pushed with references, and what is stored already is not sent again', async () => {
    const row = { id: 'a', input: [{ type: 'image', file: 'cat.png' }], expected: 'cat' };
    write('data/rows.jsonl', `${JSON.stringify(row)}\n`);
    expect((await sluice('push', 'named', 'data/rows.jsonl')).stdout).toBe(
      'pushed named@1: 1 example, 1 of 1 media uploaded\n',
    );
    const inline = [{ type: 'image', mediaType: 'image/png', data: picture.toString('base64') }];
    write('data/rows.jsonl', `${JSON.stringify({ ...row, input: inline })}\n`);
    expect((await sluice('push', 'named', 'data/rows.jsonl')).stdout).toBe(
      'unchanged: named@1 has this content already, 0 of 1 media uploaded\n',
    );
    const stored = await stack.db
      .selectFrom('attachment')
      .select('sha256')
      .where('sha256', '=', hashOf(picture))
      .execute();
    expect(stored).toHaveLength(1);
  });

  it('whose push broke off go on where it was: what was uploaded is not uploaded again', async () => {
    write('data/new.png', randomPng());
    const good = JSON.stringify({ id: 'n', input: [{ type: 'image', file: 'new.png' }] });
    write('data/broken.jsonl', `${good}\n{"input": \n`);
    expect((await sluice('push', 'again', 'data/broken.jsonl')).exitCode).toBe(2);
    write('data/broken.jsonl', `${good}\n`);
    expect((await sluice('push', 'again', 'data/broken.jsonl')).stdout).toBe(
      'pushed again@1: 1 example, 0 of 1 media uploaded\n',
    );
  });

  it.each([
    ['that is not there', 'image', 'dog.png', 'the file "dog.png" is not there'],
    ['outside of the folder', 'image', '../pets/cat/tom.png', 'is outside of the folder of the data'],
    ['of another kind', 'audio', 'cat.png', 'the part says audio, and the file "cat.png" is image/png'],
  ])('%s are refused with the line', async (_what, type, file, message) => {
    write('data/wrong.jsonl', `{"input": "fine"}\n${JSON.stringify({ input: [{ type, file }] })}\n`);
    const { exitCode, stderr } = await sluice('push', 'wrong', 'data/wrong.jsonl');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('data/wrong.jsonl line 2: input[0]: ');
    expect(stderr).toContain(message);
    expect(stderr).toContain('Nothing was changed');
  });
});

describe('an export', () => {
  const rows: ExampleRow[] = [
    { id: 'b', input: 'a "quoted", text\nof two lines', expected: 'x', splits: ['test', 'a,b'], clusterKey: ' k ' },
    { id: 'a', input: '', expected: 'y', metadata: { n: 1.5, deep: { list: [1, null] }, text: '1' } },
    { id: 'c', input: ' spaces ', sourceTraceId: 't1' },
  ];
  const typed: ExampleRow[] = [...rows, { id: 'd', input: { q: [1, 'two'] }, expected: '' }, { id: 'e', input: null }];

  it.each([
    ['jsonl', 'text', rows],
    ['csv', 'text', rows],
    ['jsonl', 'typed', typed],
    ['csv', 'typed', typed],
  ])('as %s of %s rows makes the same content when it is pushed again', async (format, name, content) => {
    const dataset = `round-${format}-${name}`;
    const { contentHash } = await pushDataset(stack.sluice, dataset, content);
    const file = `${dataset}.${format}`;
    const exported = await sluice('export', dataset, '--out', file, '--json');
    expect(JSON.parse(exported.stdout)).toMatchObject({ dataset, version: 1, rows: content.length, contentHash });
    expect(infoOf((await sluice('push', `${dataset}-again`, file, '--json')).stdout).contentHash).toBe(contentHash);
    expect((await sluice('push', dataset, file)).stdout).toContain('unchanged');
  });

  it('of a split goes to stdout, and nothing else does', async () => {
    await pushDataset(stack.sluice, 'split', rows);
    const { stdout, stderr } = await sluice('export', 'split@1#test');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['b']);
    expect(stderr).toBe('exported split@1#test: 1 examples\n');
  });

  it('with --media brings the media too, byte for byte', async () => {
    const picture = randomPng(3_000_000);
    const part = { type: 'image', mediaType: 'image/png', data: picture.toString('base64') };
    await pushDataset(stack.sluice, 'seen', [{ id: 'a', input: [part] }]);
    const { exitCode } = await sluice('export', 'seen', '--out', 'seen.jsonl', '--media', 'seen-media');
    expect(exitCode).toBe(0);
    expect(readdirSync(join(cwd, 'seen-media'))).toEqual([`${hashOf(picture)}.png`]);
    expect(hashOf(readFileSync(join(cwd, 'seen-media', `${hashOf(picture)}.png`)))).toBe(hashOf(picture));
    expect(readFileSync(join(cwd, 'seen.jsonl'), 'utf8').length).toBeLessThan(400);
  });
});

describe('versions', () => {
  it('are compared by example: added, removed, changed with their fields, moved between splits', async () => {
    const row = (id: string, more: Partial<ExampleRow> = {}): ExampleRow => ({
      id,
      input: id,
      splits: ['test'],
      ...more,
    });
    await pushDataset(stack.sluice, 'diff', [row('a'), row('b', { metadata: { topic: 'x' } }), row('c'), row('d')]);
    await pushDataset(stack.sluice, 'diff', [
      row('b', { metadata: { topic: 'y' }, expected: 'new' }),
      row('c', { splits: ['train'] }),
      row('d'),
      row('e', { splits: ['train', 'test'] }),
    ]);
    const { stdout } = await sluice('diff', 'diff@1', 'diff@2', '--json');
    expect(JSON.parse(stdout) as DatasetDiff).toEqual({
      from: { name: 'diff', version: 1, examples: 4 },
      to: { name: 'diff', version: 2, examples: 4 },
      counts: { added: 1, removed: 1, changed: 1, moved: 1, unchanged: 1 },
      fields: { input: 0, expected: 1, metadata: 1, clusterKey: 0, sourceTraceId: 0 },
      splits: {
        test: { before: 4, after: 3, joined: 1, left: 2 },
        train: { before: 0, after: 2, joined: 2, left: 0 },
      },
      added: [{ id: 'e', splits: ['test', 'train'] }],
      removed: [{ id: 'a', splits: ['test'] }],
      changed: [
        {
          id: 'b',
          fields: [
            { field: 'expected', before: null, after: 'new' },
            { field: 'metadata.topic', before: 'x', after: 'y' },
          ],
          joined: [],
          left: [],
        },
      ],
      moved: [{ id: 'c', fields: [], joined: ['train'], left: ['test'] }],
    });
    expect((await sluice('diff', 'diff@1', 'diff@2')).stdout).toBe(
      [
        'diff@1 (4) → diff@2 (4): 1 added, 1 removed, 1 changed, 1 moved between splits, 1 unchanged',
        'changed in expected 1, metadata 1',
        'split test: 4 → 3 (1 joined, 2 left)',
        'split train: 0 → 2 (2 joined, 0 left)',
        '+ e  test, train',
        '- a  test',
        '~ b',
        '    expected: null → "new"',
        '    metadata.topic: "x" → "y"',
        '> c  joined train; left test',
        '',
      ].join('\n'),
    );
  });

  it('are pinned under a label that moves, on record, and stands wherever a version does', async () => {
    await pushDataset(stack.sluice, 'pinned', [{ id: 'a', input: '1' }]);
    await pushDataset(stack.sluice, 'pinned', [{ id: 'a', input: '2' }]);
    expect((await sluice('pin', 'pinned@1', '--as', 'approved')).stdout).toBe('pinned@approved is pinned@1 now\n');
    expect((await rowsOf('pinned@approved'))[0]?.input).toBe('1');
    expect((await sluice('pin', 'pinned@latest', '--as', 'approved')).stdout).toBe(
      'pinned@approved is pinned@2 now, before pinned@1\n',
    );
    expect((await rowsOf('pinned@approved'))[0]?.input).toBe('2');
    const events = await stack.db
      .selectFrom('audit_event')
      .select(['detail', 'actor'])
      .where('verb', '=', 'dataset.pin')
      .orderBy('number')
      .execute();
    expect(events.map((event) => event.detail)).toEqual([
      { label: 'approved', before: null, version: 1 },
      { label: 'approved', before: 1, version: 2 },
    ]);
    const listed = (await sluice('list')).stdout.split('\n').find((line) => line.includes('pinned'));
    expect(listed).toMatch(/pinned\W+2\W+1 to 2\W+approved @2/);
  });

  it('froze by number in a run, also when it was started with a pin that moves later', async () => {
    const solver = { adapter: 'function', function: 'solve', parameters: { right: 1 } } as const;
    const { id } = await stack.sluice.runs.start.mutate({
      spec: {
        kind: 'experiment',
        name: 'frozen',
        dataset: 'pinned@approved',
        variants: { control: solver, candidate: solver },
        evaluators: [{ type: 'regex', name: 'right', pattern: '.' }],
      },
    });
    await sluice('pin', 'pinned@1', '--as', 'approved');
    const run = await stack.db.selectFrom('run').select('plan').where('id', '=', id).executeTakeFirstOrThrow();
    expect(run.plan.dataset).toMatchObject({ name: 'pinned', version: 2 });
  });

  it.each([
    ['latest', 'latest always means the newest version'],
    ['3', 'expected a label that begins with a letter'],
  ])('cannot be pinned as %s', async (label, message) => {
    const { exitCode, stderr } = await sluice('pin', 'pinned@1', '--as', label);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('under an unknown pin are refused with the pins there are', async () => {
    const { exitCode, stderr } = await sluice('export', 'pinned@aproved');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('dataset pinned has no pin "aproved"; did you mean "approved"?');
  });
});

describe('disjoint splits', () => {
  const csv = (...lines: string[]) => write('disjoint.csv', `${['id,input,split,clusterKey', ...lines].join('\n')}\n`);

  it('stay disjoint in later versions: an input or a clusterKey on both sides is refused with both examples', async () => {
    csv('a,one,train,u1', 'b,two,test,u2');
    const pushed = await sluice('push', 'disjoint', 'disjoint.csv', '--disjoint', 'train,test', '--json');
    expect(infoOf(pushed.stdout).disjoint).toEqual([['test', 'train']]);

    csv('a,one,train,u1', 'b,one,test,u2', 'c,three,test,u3');
    const sameInput = await sluice('push', 'disjoint', 'disjoint.csv');
    expect(sameInput.exitCode).toBe(2);
    expect(sameInput.stderr).toContain(
      'dataset disjoint: the splits test and train are declared disjoint, and example "b" (test) and example "a" (train) have the same input',
    );
    expect(sameInput.stderr).toContain('--allow-overlap test,train');

    csv('a,one,train,u1', 'b,two,test,u1');
    expect((await sluice('push', 'disjoint', 'disjoint.csv')).stderr).toContain(
      'example "b" (test) and example "a" (train) have the same clusterKey "u1"',
    );
    expect((await stack.sluice.datasets.list.query()).find((one) => one.name === 'disjoint')?.version).toBe(1);
  });

  it('may overlap again only when they are named, and that is on record', async () => {
    csv('a,one,train,u1', 'b,two,test,u1');
    const wrong = await sluice('push', 'disjoint', 'disjoint.csv', '--allow-overlap', 'train,golden');
    expect(wrong.stderr).toContain('these splits are not declared disjoint; declared: test,train');
    const allowed = await sluice('push', 'disjoint', 'disjoint.csv', '--allow-overlap', 'train,test', '--json');
    expect(infoOf(allowed.stdout)).toMatchObject({ version: 2, disjoint: [] });
    const events = await stack.db
      .selectFrom('audit_event')
      .select(['subject', 'detail'])
      .where('verb', '=', 'dataset.allow_overlap')
      .execute();
    expect(events).toEqual([{ subject: 'dataset:disjoint@2', detail: { splits: ['train', 'test'] } }]);
  });

  it('are told apart from splits that no example is in', async () => {
    csv('a,one,train,', 'b,two,test,');
    const { exitCode, stderr } = await sluice('push', 'disjoint-typo', 'disjoint.csv', '--disjoint', 'train,tets');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no example is in the split "tets"; did you mean "test"?');
  });
});

describe('golden cases', () => {
  it('without an owner or a reason are pushed with a warning that says how to add them', async () => {
    write(
      'golden.csv',
      'id,input,split,owner,reason\na,one,golden,ada,lost us a customer\nb,two,golden,,\nc,three,,,\n',
    );
    const { exitCode, stdout } = await sluice('push', 'golden', 'golden.csv');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('warning: 1 of 2 golden cases have no owner or no reason (the first is "b")');
    const mended = await sluice('push', 'golden', 'golden.csv', '--owner', 'bob', '--reason', 'promised', '--json');
    expect(infoOf(mended.stdout)).toMatchObject({ version: 2, warnings: [] });
    expect((await rowsOf('golden')).map((row) => [row.metadata?.owner, row.metadata?.reason])).toEqual([
      ['ada', 'lost us a customer'],
      ['bob', 'promised'],
      ['', ''],
    ]);
  });

  it('are what --owner and --reason are for', async () => {
    write('plain.csv', 'input\none\n');
    const { exitCode, stderr } = await sluice('push', 'plain', 'plain.csv', '--owner', 'ada');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no example is in the split "golden"');
    expect((await sluice('push', 'plain', 'plain.csv', '--owner', 'ada', '--split', 'golden')).exitCode).toBe(0);
  });
});
