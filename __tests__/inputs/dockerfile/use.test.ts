import type { BaseImage, BaseImages } from '../../../src/inputs/description.js';
import type { BuildUse, UnreadableDockerfile } from '../../../src/inputs/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../../src/inputs/dockerfile/parse.js';
import { useOf, type UseDescription } from '../../../src/inputs/dockerfile/use.js';

const image = (more: Partial<BaseImage> = {}): BaseImage => ({
  digest: 'sha256:0',
  onBuild: [],
  env: {},
  healthcheck: 'none',
  ...more,
});

type Setting = Partial<UseDescription> & { bases?: BaseImages };

function reading(text: string, { bases = { a: image() }, ...description }: Setting = {}) {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) throw new Error(dockerfile.unreadable);
  return useOf(dockerfile, { args: {}, platforms: ['linux/amd64'], contexts: {}, ...description }, bases);
}

function use(text: string, setting?: Setting): BuildUse {
  const found: BuildUse | UnreadableDockerfile = reading(text, setting);
  if ('unreadable' in found) throw new Error(found.unreadable);
  return found;
}

/** Patterns that are read of a context; `*all*` with its reason. */
function reads(text: string, setting?: Setting, context = ''): string[] {
  const found = use(text, setting).reads[context];
  if (found === undefined) return [];
  return found.status === 'all' ? ['*all*', found.reason] : found.sources.map(({ pattern }) => pattern);
}

describe('what of the context counts', () => {
  test.each<[string, string, string[], Setting?]>([
    ['sources of COPY and ADD', 'COPY a ./b/ /c /d/\nADD e.tar /', ['a', 'b', 'c', 'e.tar']],
    ['all of it', 'COPY . .', ['.']],
    ['wildcards', 'COPY p*.json src/?/x /', ['p*.json', 'src/?/x']],
    ['the JSON form', 'COPY ["a b", "c", "/"]', ['a b', 'c']],
    ['no way out', 'COPY ../../a b/../c /', ['a', 'c']],
    ['the root by another name', 'COPY b/.. /', ['.']],
    ['no here-documents', 'COPY <<E a /\nx\nE', ['a']],
    [
      'nothing of another stage',
      'COPY --from=b x /\nADD a /',
      ['a'],
      { contexts: { b: 'docker-image://b' } },
    ],
    ['variables of ARG', 'ARG D=src\nCOPY $D/x ${E:-e} /', ['src/x', 'e']],
    ['variables as given', 'ARG D=src\nCOPY $D /', ['lib'], { args: { D: 'lib' } }],
    ['but not those that are not declared', 'COPY ${D:-src} /', ['src'], { args: { D: 'lib' } }],
    ['ENV over ARG', 'ARG D=src\nENV D=lib\nCOPY $D /', ['lib']],
    ['ENV that sees what was before its line', 'ENV A=x\nENV A=y B=$A\nCOPY $B /', ['x']],
    ['ENV of the base', 'COPY $D /', ['src'], { bases: { a: image({ env: { D: 'src' } }) } }],
    ['quotes', 'COPY "a" \'b\' /', ['a', 'b']],
    ['the bound path of a mount', 'RUN --mount=target=/p,source=p.json x', ['p.json']],
    [
      'not what a cache or a secret mounts',
      'RUN --mount=type=cache,target=/p --mount=type=secret,id=s x',
      [],
    ],
    ['variables in mounts', 'ARG T=cache\nRUN --mount=type=$T,target=/p x', []],
    ['ONBUILD of the base', 'COPY a /', ['on', 'a'], { bases: { a: image({ onBuild: ['COPY on /'] }) } }],
    ['no ONBUILD of its own', 'ONBUILD COPY . /\nCOPY a /', ['a']],
  ])('%s', (_, instructions, patterns, ...[setting]) => {
    expect(reads(`FROM a\n${instructions}`, setting)).toEqual(patterns);
  });

  test.each<[string, string, RegExp, Setting?]>([
    ['a mount of all', 'RUN --mount=target=/src make', /mount/],
    ['a variable that only the builder knows', 'ARG BUILDARCH\nCOPY $BUILDARCH /', /BUILDARCH/],
    ['a base that could not be asked', 'COPY a /', /ONBUILD/, { bases: { a: { unresolved: 'down' } } }],
    ['a base that was not asked', 'COPY a /', /ONBUILD/, { bases: {} }],
    ['ONBUILD that is not understood', '', /ONBUILD/, { bases: { a: image({ onBuild: ['FUTURE x'] }) } }],
    ['a backslash in a name', String.raw`COPY "a\b" /`, /backslash/],
    ['a class that matches a slash', 'COPY a[^b]c /', /class/],
    ['a class that is not closed', 'COPY a[b /', /class/],
    ['a default that sees its own line', 'ARG A=1 B=$A\nCOPY x$B /', /x\$B/],
    ['a pattern in a substitution', 'ARG A=ab\nCOPY ${A%*} /', /filled in/],
    ['an SBOM over all of it', 'ARG BUILDKIT_SBOM_SCAN_CONTEXT=true', /SBOM/],
    ['characters in --parents', 'COPY --parents a{b}/*.c /', /--parents/],
  ])('all where it can not be told: %s', (_, instructions, reason, ...[setting]) => {
    expect(reads(`FROM a\n${instructions}`, setting)).toEqual(['*all*', expect.stringMatching(reason)]);
  });

  test('flags of COPY go with its sources', () => {
    const { reads } = use(
      'FROM a\nCOPY --parents --exclude=x a/./b/*.c /\nCOPY --parents --exclude=x d/**/e /\nCOPY --exclude=$y --exclude=z f /',
    );
    expect(reads['']).toEqual({
      status: 'some',
      sources: [
        { pattern: 'a/b/*.c', parents: true, excludes: [] },
        { pattern: 'd/**/e', parents: true, excludes: ['x'] },
        { pattern: 'f', parents: false, excludes: [] },
      ],
    });
  });

  test('of several platforms, what any of them reads', () => {
    const text = 'FROM a\nARG TARGETARCH TARGETVARIANT TARGETPLATFORM\nCOPY $TARGETARCH$TARGETVARIANT /';
    const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm', 'linux/x86_64'];
    expect(reads(text, { platforms })).toEqual(['amd64', 'arm64', 'armv7']);
  });
});

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
    [
      'deps',
      { stages: [0], images: [{ reference: 'a', line: 6 }], declaredArgs: [], globalArgs: [] },
      ['deps'],
    ],
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
  ])('of the target %s alone count', (target, expected, patterns) => {
    const bases = { a: image(), 'other:1': image(), 'tool:2-x': image() };
    const setting = { bases, ...(target !== undefined && { target }) };
    expect(use(GRAPH, setting)).toMatchObject(expected);
    expect(reads(GRAPH, setting)).toEqual(patterns);
  });

  test('a stage hands its variables and its ONBUILD on, the latter once', () => {
    const text = 'FROM a AS b\nARG D=x\nONBUILD COPY $D /\nFROM b AS c\nARG D=z\nFROM c\nCOPY $D /y /';
    expect(reads(text)).toEqual(['x', 'z', 'y']);
  });

  test('of several stages of a name, FROM takes the last one before it, COPY the last one', () => {
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
  ])('BuildKit refuses %j for the target %s', (text, target, line) => {
    const found = reading(text, { ...(target && { target }) });
    expect(found).toEqual({ unreadable: expect.any(String), ...(line && { line }) });
  });
});

describe('named contexts', () => {
  const LOCAL = { contexts: { c: '../shared', img: 'docker-image://reg/img:1', base: 'image:base' } };

  test.each<[string, string, string[], Setting?]>([
    ['what is copied from one', 'FROM a\nCOPY --from=c x /', ['x'], LOCAL],
    ['what is mounted from one', 'FROM a\nRUN --mount=from=c,src=y,target=/y x', ['y'], LOCAL],
    ['all of one that a stage begins with', 'FROM c', ['*all*', 'a stage begins with it'], LOCAL],
    ['one that replaces a stage', 'FROM a AS c\nCOPY z /\nFROM a\nCOPY --from=c x /', ['x'], LOCAL],
  ])('%s counts', (_, text, patterns, ...[setting]) => {
    expect(reads(text, setting, 'c')).toEqual(patterns);
    expect(reads(text, setting)).toEqual([]);
  });

  test('one replaces an image of its name, whatever way that is written', () => {
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

  test('of images of the same release only those count that are used, and their ONBUILD is asked for', () => {
    const text = 'FROM base AS x\nCOPY x /\nFROM a\nCOPY y /';
    expect(use(text, LOCAL)).toMatchObject({ builtOn: [], images: [{ reference: 'a' }] });
    const bases = { 'image:base': image({ onBuild: ['COPY on /'] }) };
    expect(use(text, { ...LOCAL, target: 'x', bases })).toMatchObject({ builtOn: ['base'], images: [] });
    expect(reads(text, { ...LOCAL, target: 'x', bases })).toEqual(['on', 'x']);
    expect(reads(text, { ...LOCAL, target: 'x' })).toEqual(['*all*', expect.stringMatching(/ONBUILD/)]);
  });

  test('what an image leaves to those that are built on it', () => {
    const bases = { a: image({ env: { PATH: '/bin', X: '1' }, onBuild: ['RUN x'] }) };
    const text = 'FROM a\nARG Y=2\nENV Z=$X$Y\nONBUILD COPY --chown=u:g a b /';
    expect(use(text, { bases }).leaves).toEqual({
      env: { PATH: '/bin', X: '1', Y: '2', Z: '12' },
      onBuild: ['COPY --chown=u:g a b /'],
    });
    expect(use('FROM a\nARG BUILDARCH', { bases }).leaves).toEqual({
      unresolved: expect.stringMatching(/BUILDARCH/),
    });
    expect(use(text, { bases: {} }).leaves).toEqual({ unresolved: expect.any(String) });
  });
});

describe('what nobody can pin is told, with its line', () => {
  const SHA = 'a'.repeat(40);
  test.each<[string, Setting?]>([
    ['FROM a\nADD https://x.org/y /'],
    ['FROM a\nADD https://x.org/y.git#main /'],
    ['FROM a\nADD git@x.org:y /'],
    ['FROM a\nARG BUILDARCH\nADD $BUILDARCH /'],
    ['FROM tool-$BUILDARCH', { bases: {} }],
    ['FROM c', { contexts: { c: 'https://x.org/c.tar' } }],
    ['FROM a\nCOPY --from=c x /', { contexts: { c: 'github.com/x/y' } }],
    ['FROM a', { args: { BUILDKIT_SYNTAX: 'other/frontend' } }],
    ['FROM a', { platforms: ['windows/amd64'] }],
    ['FROM a', { bases: { a: image({ onBuild: ['ADD https://x.org/y /'] }) } }],
    ['FROM a', { contexts: { 'a::linux/amd64': 'docker-image://b' } }],
  ])('%j %j', (text, ...[setting]) => {
    expect(use(text, setting).unpinned).toEqual([
      { reason: expect.any(String), line: text.split('\n').length },
    ]);
  });

  test.each<[string, Setting?]>([
    [`FROM a\nADD --checksum=sha256:${'b'.repeat(64)} https://x.org/y /`],
    [`FROM a\nADD https://x.org/y.git#${SHA} /`],
    ['FROM a AS b\nADD https://x.org/y /\nFROM a'],
    ['FROM a\nCOPY --from=c x /', { contexts: { c: `https://x.org/y.git#${SHA}:sub` } }],
    ['FROM --platform=$BUILDPLATFORM a'],
  ])('but not of %j', (text, ...[setting]) => {
    expect(use(text, setting).unpinned).toEqual([]);
  });
});

test('names that every object has are no arguments', () => {
  const text = 'FROM a\nARG constructor\nCOPY x${toString}${constructor} /';
  expect(reads(text)).toEqual(['x']);
});
