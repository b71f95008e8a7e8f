import { image, reads, type RunContext, use } from './dockerfile-use.js';

describe('what of the context counts', () => {
  test.each<[string, string, string[], RunContext?]>([
    ['sources of COPY and ADD', 'COPY a ./b/ /c /d/\nADD e.tar /', ['a', 'b', 'c', 'e.tar']],
    ['all of it', 'COPY . .', ['.']],
    ['wildcards', 'COPY p*.json src/?/x /', ['p*.json', 'src/?/x']],
    ['the JSON form', 'COPY ["a b", "c", "/"]', ['a b', 'c']],
    ['no way out', 'COPY ../../a b/../c /', ['a', 'c']],
    ['the root by another name', 'COPY b/.. /', ['.']],
    ['no here-documents', 'COPY <<E a /\nx\nE', ['a']],
    ['nothing of another stage', 'COPY --from=b x /\nADD a /', ['a'], { contexts: { b: 'docker-image://b' } }],
    ['variables of ARG', 'ARG D=src\nCOPY $D/x ${E:-e} /', ['src/x', 'e']],
    ['variables as given', 'ARG D=src\nCOPY $D /', ['lib'], { args: { D: 'lib' } }],
    ['but not those that are not declared', 'COPY ${D:-src} /', ['src'], { args: { D: 'lib' } }],
    ['ENV over ARG', 'ARG D=src\nENV D=lib\nCOPY $D /', ['lib']],
    ['ENV that sees what was before its line', 'ENV A=x\nENV A=y B=$A\nCOPY $B /', ['x']],
    ['ENV of the base', 'COPY $D /', ['src'], { bases: { a: image({ env: { D: 'src' } }) } }],
    ['quotes', 'COPY "a" \'b\' /', ['a', 'b']],
    ['the bound path of a mount', 'RUN --mount=target=/p,source=p.json x', ['p.json']],
    ['not what a cache or a secret mounts', 'RUN --mount=type=cache,target=/p --mount=type=secret,id=s x', []],
    ['variables in mounts', 'ARG T=cache\nRUN --mount=type=$T,target=/p x', []],
    ['ONBUILD of the base', 'COPY a /', ['on', 'a'], { bases: { a: image({ onBuild: ['COPY on /'] }) } }],
    ['no ONBUILD of its own', 'ONBUILD COPY . /\nCOPY a /', ['a']],
  ])('%s', (_, instructions, patterns, ...[setting]) => {
    expect(reads(`FROM a\n${instructions}`, setting)).toEqual(patterns);
  });

  test.each<[string, string, RegExp, RunContext?]>([
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

test('names that every object has are no arguments', () => {
  const text = 'FROM a\nARG constructor\nCOPY x${toString}${constructor} /';
  expect(reads(text)).toEqual(['x']);
});
