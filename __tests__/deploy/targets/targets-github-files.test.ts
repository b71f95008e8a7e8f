import { OWN, PATH, READ_REFS, readAndCommit, refsOf, requestsOf, onGitHub, stage } from './fixtures.js';
import { BASE, KUSTOMIZATION } from '../stage.js';

onGitHub();

const served = () => stage.github.repository('acme/app');
const GRAPHQL = { method: 'POST', path: '/graphql' };
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('utf8');

describe('files of a snapshot', () => {
  const files = Object.fromEntries(
    Array.from({ length: 55 }, (_, n) => [`overlays/${n}/kustomization.yml`, `# ${n}\r\n${KUSTOMIZATION}`]),
  );

  test('come in few requests, byte for byte, each with its mode', async () => {
    stage.land({ ...files, 'bom.yml': '\ufeffimages: []\n', 'odd.txt': '\u0001é\u2028\n', 'empty.yml': '' });
    const snapshot = await stage.openTarget().snapshot();
    const from = stage.github.requests.length;
    const paths = [...Object.keys(files), 'bom.yml', 'odd.txt', 'empty.yml', 'not-there.yml', 'overlays'];
    const read = await snapshot.readAll(paths);
    expect(read.size).toBe(58);
    for (const [path, content] of Object.entries(files)) expect(text(read.get(path)?.bytes)).toBe(content);
    expect(text(read.get('bom.yml')?.bytes)).toBe('\ufeffimages: []\n');
    expect(text(read.get('odd.txt')?.bytes)).toBe('\u0001é\u2028\n');
    expect(read.get('bom.yml')?.mode).toBe('100644');
    expect(requestsOf(stage, from)).toEqual(['GET /git/trees/…?recursive=1', 'repository', 'repository']);
  });

  test('that GraphQL can not give are fetched one by one: binary, not UTF-8, cut off', async () => {
    const large = '# x\n'.repeat(200_000);
    stage.land({ 'large.yml': large, 'other.yml': 'a\n', 'zero.bin': 'a\0b' });
    const latin = { path: 'latin.yml', bytes: Buffer.from('# caf\xe9\n', 'latin1'), mode: '100644' };
    await readAndCommit(stage.openTarget(), { files: [latin] });
    const snapshot = await stage.openTarget().snapshot();
    const read = await snapshot.readAll(['large.yml', 'other.yml', 'zero.bin', 'latin.yml']);
    expect(text(read.get('large.yml')?.bytes)).toBe(large);
    expect(text(read.get('zero.bin')?.bytes)).toBe('a\0b');
    expect(text(read.get('other.yml')?.bytes)).toBe('a\n');
    expect(Buffer.from(read.get('latin.yml')?.bytes ?? []).toString('latin1')).toBe('# caf\xe9\n');
  });

  test('are read where GraphQL does not answer at all', async () => {
    stage.land({ 'other.yml': 'a\n' });
    await readAndCommit(stage.openTarget(), { files: [] });
    stage.github.faults.push({ match: GRAPHQL, times: 2, fault: { type: '5xx-before', status: 403 } });
    const target = stage.openTarget();
    expect(await target.readLedgers(['main'])).toEqual([
      { channel: 'main', ref: OWN, oid: refsOf(stage)[OWN], text: 'with none after ()' },
    ]);
    const read = await (await target.snapshot()).readAll(['other.yml', PATH]);
    expect([...read.keys()]).toEqual(['other.yml', PATH]);
  });

  test('are found in a tree that GitHub cuts short, listed and read', async () => {
    served().treeLimit = 3;
    stage.land({ 'deep/er/still/a.yml': 'a\n', 'deep/b.yml': 'b\n', 'deep/er/c.yml': 'c\n', 'z.yml': 'z\n' });
    const snapshot = await stage.openTarget().snapshot();
    expect((await snapshot.list()).sort()).toEqual([
      'README.md',
      ...Object.keys(BASE),
      'deep/b.yml',
      'deep/er/c.yml',
      'deep/er/still/a.yml',
      PATH,
      'z.yml',
    ]);
    const read = await snapshot.readAll(['deep/er/still/a.yml', 'deep/er/c.yml', 'deep/none.yml', 'z.yml/x']);
    expect([...read].map(([path, { bytes }]) => [path, text(bytes)])).toEqual([
      ['deep/er/still/a.yml', 'a\n'],
      ['deep/er/c.yml', 'c\n'],
    ]);
  });

  test('of a head that other requests have not heard of yet are those of that head', async () => {
    const first = stage.head();
    await readAndCommit(stage.openTarget());
    expect(stage.head()).not.toBe(first);
    stage.github.faults.push({
      match: READ_REFS,
      fault: { type: 'stale-read' },
    });
    const snapshot = await stage.openTarget().snapshot();
    expect([snapshot.head, text((await snapshot.readAll([PATH])).get(PATH)?.bytes)]).toEqual([first, KUSTOMIZATION]);
  });
});
