import { image, reads, type RunContext, use } from './dockerfile-use.js';

describe('files that a build reads from its context', () => {
  test.each<[string, string, string[], RunContext?]>([
    ['sources of COPY and ADD', 'COPY a ./b/ /c /d/\nADD e.tar /', ['a', 'b', 'c', 'e.tar']],
    ['the complete context', 'COPY . .', ['.']],
    ['paths with wildcards', 'COPY p*.json src/?/x /', ['p*.json', 'src/?/x']],
    ['sources in the JSON form', 'COPY ["a b", "c", "/"]', ['a b', 'c']],
    ['paths that lead above the context, kept within it', 'COPY ../../a b/../c /', ['a', 'c']],
    ['the root written as `b/..`', 'COPY b/.. /', ['.']],
    ['no here-documents', 'COPY <<E a /\nx\nE', ['a']],
    ['no files from another image', 'COPY --from=b x /\nADD a /', ['a'], { contexts: { b: 'docker-image://b' } }],
    ['paths with ARG variables', 'ARG D=src\nCOPY $D/x ${E:-e} /', ['src/x', 'e']],
    ['paths with given arguments', 'ARG D=src\nCOPY $D /', ['lib'], { args: { D: 'lib' } }],
    ['the default of a variable that is not declared', 'COPY ${D:-src} /', ['src'], { args: { D: 'lib' } }],
    ['paths with ENV in preference to ARG', 'ARG D=src\nENV D=lib\nCOPY $D /', ['lib']],
    ['paths with ENV values from before its line', 'ENV A=x\nENV A=y B=$A\nCOPY $B /', ['x']],
    ['paths with ENV of the base image', 'COPY $D /', ['src'], { bases: { a: image({ env: { D: 'src' } }) } }],
    ['quoted paths', 'COPY "a" \'b\' /', ['a', 'b']],
    ['the source of a bind mount', 'RUN --mount=target=/p,source=p.json x', ['p.json']],
    ['no cache or secret mounts', 'RUN --mount=type=cache,target=/p --mount=type=secret,id=s x', []],
    ['no cache mount whose type is a variable', 'ARG T=cache\nRUN --mount=type=$T,target=/p x', []],
    [
      'files that ONBUILD of the base image copies',
      'COPY a /',
      ['on', 'a'],
      { bases: { a: image({ onBuild: ['COPY on /'] }) } },
    ],
    ['no files that ONBUILD of the Dockerfile itself copies', 'ONBUILD COPY . /\nCOPY a /', ['a']],
  ])('include %s', (_, instructions, patterns, ...[setting]) => {
    expect(reads(`FROM a\n${instructions}`, setting)).toEqual(patterns);
  });

  test.each<[string, string, RegExp, RunContext?]>([
    ['a mount of the complete context', 'RUN --mount=target=/src make', /mount/],
    ['a variable that only the builder knows', 'ARG BUILDARCH\nCOPY $BUILDARCH /', /BUILDARCH/],
    ['a base image that could not be resolved', 'COPY a /', /ONBUILD/, { bases: { a: { unresolved: 'down' } } }],
    ['a base image that was not requested', 'COPY a /', /ONBUILD/, { bases: {} }],
    ['an unknown ONBUILD instruction', '', /ONBUILD/, { bases: { a: image({ onBuild: ['FUTURE x'] }) } }],
    ['a backslash in a name', String.raw`COPY "a\b" /`, /backslash/],
    ['a character class that matches a slash', 'COPY a[^b]c /', /class/],
    ['an unclosed character class', 'COPY a[b /', /class/],
    ['a default that refers to its own line', 'ARG A=1 B=$A\nCOPY x$B /', /x\$B/],
    ['a pattern in a substitution', 'ARG A=ab\nCOPY ${A%*} /', /filled in/],
    ['an SBOM scan of the context', 'ARG BUILDKIT_SBOM_SCAN_CONTEXT=true', /SBOM/],
    ['special characters with --parents', 'COPY --parents a{b}/*.c /', /--parents/],
  ])('include the complete context because of %s', (_, instructions, reason, ...[setting]) => {
    expect(reads(`FROM a\n${instructions}`, setting)).toEqual(['*all*', expect.stringMatching(reason)]);
  });

  test('have the flags of their COPY', () => {
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

  test('include the files of every platform', () => {
    const text = 'FROM a\nARG TARGETARCH TARGETVARIANT TARGETPLATFORM\nCOPY $TARGETARCH$TARGETVARIANT /';
    const platforms = ['linux/amd64', 'linux/arm64/v8', 'linux/arm', 'linux/x86_64'];
    expect(reads(text, { platforms })).toEqual(['amd64', 'arm64', 'armv7']);
  });
});

test('an unset variable named like an object property is empty', () => {
  const text = 'FROM a\nARG constructor\nCOPY x${toString}${constructor} /';
  expect(reads(text)).toEqual(['x']);
});
