import type { BuildUse } from '../../src/dockerfile/dockerfile.js';
import { image, reading, reads, use } from './dockerfile-use.js';

const GRAPH = `ARG BASE=a
ARG UNUSED=1
ARG TAG=$VERSION
ARG VERSION=2
ARG NEXT=$VERSION-x
FROM a AS deps
COPY deps /
FROM \${BASE} AS Build
ARG MODE
COPY --from=deps x /
COPY build /
FROM other:1 AS unused
COPY unused /
FROM build AS test
COPY test /
FROM tool:$NEXT AS last
COPY --from=2 x /
RUN --mount=from=build,target=/b --mount=type=cache,from=test,target=/t x
`;

describe('stages', () => {
  test.each<[string | undefined, Partial<BuildUse>, string[]]>([
    ['deps', { stages: [0], images: [{ reference: 'a', line: 6 }], declaredArgs: [], globalArgs: [] }, ['deps']],
    ['BUILD', { stages: [0, 1], declaredArgs: ['BASE', 'MODE'], globalArgs: ['BASE=a'] }, ['deps', 'build']],
    ['test', { stages: [0, 1, 3] }, ['deps', 'build', 'test']],
    [
      undefined,
      {
        stages: [0, 1, 2, 3, 4],
        declaredArgs: ['BASE', 'MODE', 'NEXT', 'VERSION'],
        globalArgs: ['BASE=a', 'VERSION=2', 'NEXT=$VERSION-x'],
      },
      ['unused', 'deps', 'build', 'test'],
    ],
  ])('count only if the target %s uses them', (target, expected, patterns) => {
    const bases = { a: image(), 'other:1': image(), 'tool:2-x': image() };
    const setting = { bases, ...(target !== undefined && { target }) };
    expect(use(GRAPH, setting)).toMatchObject(expected);
    expect(reads(GRAPH, setting)).toEqual(patterns);
  });

  test('pass on their variables, and their ONBUILD only once', () => {
    const text = 'FROM a AS b\nARG D=x\nONBUILD COPY $D /\nFROM b AS c\nARG D=z\nFROM c\nCOPY $D /y /';
    expect(reads(text)).toEqual(['x', 'z', 'y']);
  });

  test('with the same name: FROM uses the last one before it, COPY uses the last one', () => {
    const text = 'FROM a AS x\nCOPY one /\nFROM x AS x\nCOPY two /\nFROM x AS y\nFROM a\nCOPY --from=x f /';
    expect(use(text).stages).toEqual([0, 1, 3]);
  });

  test.each([
    ['FROM a AS z\nCOPY --from=1 x /\nFROM a AS b', 'z', 2],
    ['FROM a AS x\nCOPY --from=X x /', undefined, 2],
    ['FROM a AS x\nCOPY --from=7 x /', undefined, 2],
    ['ARG F=b\nFROM a\nARG F\nCOPY --from=$F x /', undefined, 4],
    ['FROM a\nRUN --mount=from=$F x', undefined, 2],
    ['FROM a\nRUN --mount=from=b\\"c x', undefined, 2],
    ['FROM a\nCOPY https://x.org/y /', undefined, 2],
    ['FROM $NONE', undefined, 1],
    ['FROM a\nCOPY ${} /', undefined, 2],
    ['FROM a', 'b', undefined],
  ])('are unreadable if BuildKit rejects %j for the target %s', (text, target, line) => {
    const found = reading(text, { ...(target && { target }) });
    expect(found).toEqual({ unreadable: expect.any(String), ...(line && { line }) });
  });
});
