import { image, reads, type RunContext, use } from './dockerfile-use.js';

describe('named contexts', () => {
  const LOCAL = { contexts: { c: '../shared', img: 'docker-image://reg/img:1', base: 'image:base' } };

  test.each<[string, string, string[], RunContext?]>([
    ['copied files', 'FROM a\nCOPY --from=c x /', ['x'], LOCAL],
    ['mounted files', 'FROM a\nRUN --mount=from=c,src=y,target=/y x', ['y'], LOCAL],
    ['all files if a stage begins with the context', 'FROM c', ['*all*', 'a stage begins with it'], LOCAL],
    ['copied files if the context replaces a stage', 'FROM a AS c\nCOPY z /\nFROM a\nCOPY --from=c x /', ['x'], LOCAL],
  ])('provide %s, and nothing is read from the main context', (_, text, patterns, ...[setting]) => {
    expect(reads(text, setting, 'c')).toEqual(patterns);
    expect(reads(text, setting)).toEqual([]);
  });

  test('replace an image of the same name, however the name is written', () => {
    for (const [name, from] of [
      ['node:20', 'node:20'],
      ['node', 'docker.io/library/node:latest'],
      ['docker.io/library/node:20', 'node:20'],
    ] as const) {
      const found = use(`FROM ${from}\nCOPY x /`, {
        contexts: { [name]: 'docker-image://reg/node:20@sha256:1' },
        bases: { 'reg/node:20@sha256:1': image() },
      });
      expect(found.images).toEqual([{ reference: 'reg/node:20@sha256:1', line: 1 }]);
      expect(found.reads['']).toMatchObject({ status: 'some' });
    }
  });

  test('count an image of the same release only if it is used, together with its ONBUILD', () => {
    const text = 'FROM base AS x\nCOPY x /\nFROM a\nCOPY y /';
    expect(use(text, LOCAL)).toMatchObject({ builtOn: [], images: [{ reference: 'a' }] });
    const bases = { 'image:base': image({ onBuild: ['COPY on /'] }) };
    expect(use(text, { ...LOCAL, target: 'x', bases })).toMatchObject({ builtOn: ['base'], images: [] });
    expect(reads(text, { ...LOCAL, target: 'x', bases })).toEqual(['on', 'x']);
    expect(reads(text, { ...LOCAL, target: 'x' })).toEqual(['*all*', expect.stringMatching(/ONBUILD/)]);
  });

  test('an image passes its environment and ONBUILD on to images built on it, if they are known', () => {
    const bases = { a: image({ env: { PATH: '/bin', X: '1' }, onBuild: ['RUN x'] }) };
    const text = 'FROM a\nARG Y=2\nENV Z=$X$Y\nONBUILD COPY --chown=u:g a b /';
    expect(use(text, { bases }).passedOn).toEqual({
      env: { PATH: '/bin', X: '1', Y: '2', Z: '12' },
      onBuild: ['COPY --chown=u:g a b /'],
    });
    expect(use('FROM a\nARG BUILDARCH', { bases }).passedOn).toEqual({
      unresolved: expect.stringMatching(/BUILDARCH/),
    });
    expect(use(text, { bases: {} }).passedOn).toEqual({ unresolved: expect.any(String) });
  });
});
