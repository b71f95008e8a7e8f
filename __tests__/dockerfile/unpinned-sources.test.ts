import { image, type RunContext, use } from './dockerfile-use.js';

describe('unpinned sources', () => {
  const SHA = 'a'.repeat(40);
  test.each<[string, RunContext?]>([
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
  ])('are reported with their line: %j %j', (text, ...[setting]) => {
    expect(use(text, setting).unpinned).toEqual([{ reason: expect.any(String), line: text.split('\n').length }]);
  });

  test.each<[string, RunContext?]>([
    [`FROM a\nADD --checksum=sha256:${'b'.repeat(64)} https://x.org/y /`],
    [`FROM a\nADD https://x.org/y.git#${SHA} /`],
    ['FROM a AS b\nADD https://x.org/y /\nFROM a'],
    ['FROM a\nCOPY --from=c x /', { contexts: { c: `https://x.org/y.git#${SHA}:sub` } }],
    ['FROM --platform=$BUILDPLATFORM a'],
  ])('are not reported for %j', (text, ...[setting]) => {
    expect(use(text, setting).unpinned).toEqual([]);
  });
});
