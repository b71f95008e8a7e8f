import { emptyingDockerfile, fillingDockerfile, readSizes } from '../../../src/builders/buildx/cache/mount-stages.js';
import { findCacheMounts } from '../../../src/builders/buildx/cache/mounts.js';
import { parseDockerfile } from '../../../src/dockerfile/parse.js';

const IMAGE = { args: {}, contexts: {}, platforms: [] };

function find(lines: string[], target?: string) {
  const dockerfile = parseDockerfile(`${lines.join('\n')}\n`);
  if ('unreadable' in dockerfile) throw new Error(dockerfile.unreadable);
  return findCacheMounts(dockerfile, { ...IMAGE, target });
}

const NPM = 'RUN --mount=type=cache,target=/npm npm ci';

test.each<[string, string, { id: string; options: string[] } | undefined]>([
  ['uses the target as ID', 'type=cache,target=/npm', { id: '/npm', options: [] }],
  ['cleans the path like BuildKit', 'type=cache,dst=/opt/../go//pkg/', { id: '/go/pkg', options: [] }],
  ['uses an explicit ID', 'type=cache,id=npm,target=/x', { id: 'npm', options: [] }],
  [
    'keeps owner and mode',
    'type=cache,target=/x,uid=1000,gid=1000,mode=0700,sharing=locked',
    { id: '/x', options: ['uid=1000', 'gid=1000', 'mode=0700'] },
  ],
  ['accepts keys in any case and order', 'target=/x,TYPE=cache', { id: '/x', options: [] }],
  ['ignores a read-only cache mount', 'type=cache,target=/x,ro', undefined],
  ['ignores other types of mounts', 'type=bind,target=/x', undefined],
])('%s: %s', (_, mount, expected) => {
  const { groups } = find(['FROM node', `RUN --mount=${mount} true`]);
  expect(groups.flatMap(({ mounts }) => mounts)).toEqual(expected ? [expected] : []);
});

test('finds cache mounts only in stages that the target uses through bases, copies, or mounts', () => {
  const lines = [
    'FROM node AS deps',
    NPM,
    'FROM golang AS tool',
    'RUN --mount=type=cache,target=/go go build',
    'FROM deps AS build',
    'RUN --mount=type=bind,from=tool,target=/tool /tool/run',
    'FROM nginx AS site',
    'COPY --from=build /x /x',
    'FROM rust AS unused',
    'RUN --mount=type=cache,target=/cargo cargo build',
  ];
  expect(find(lines, 'site').groups.map(({ from }) => from)).toEqual(['node', 'golang']);
  expect(find(lines, 'tool').groups.map(({ from }) => from)).toEqual(['golang']);
});

test('lists a cache mount once if two stages use it', () => {
  const { groups } = find(['FROM node AS a', NPM, 'FROM node AS b', NPM, 'COPY --from=a / /']);
  expect(groups).toHaveLength(1);
  expect(groups[0]!.mounts).toHaveLength(1);
});

test.each([
  ['a cache mount in a stage without a shell', ['FROM scratch', 'RUN --mount=type=cache,target=/x ["/a"]'], /no shell/],
  [
    'a cache mount with a variable in its ID',
    ['FROM node', 'RUN --mount=type=cache,id=$A,target=/x true'],
    /contains a variable/,
  ],
  [
    'a cache mount with the contents of another stage',
    ['FROM node', 'RUN --mount=type=cache,from=a,target=/x true'],
    /another stage/,
  ],
])('skips %s and gives the reason', (_, lines, reason) => {
  const { groups, skipped } = find(lines);
  expect(groups).toEqual([]);
  expect(skipped).toEqual([{ line: expect.any(Number), reason: expect.stringMatching(reason) }]);
});

test('the generated Dockerfiles can be parsed and contain the same cache mounts', () => {
  const reading = find(['FROM node', NPM, 'RUN --mount=type=cache,id=b,uid=7,target=/b true']);
  for (const text of [fillingDockerfile(reading, 'n'), emptyingDockerfile(reading, 'n', 1e6)]) {
    const again = parseDockerfile(text);
    if ('unreadable' in again) throw new Error(again.unreadable);
    expect(findCacheMounts(again, IMAGE).groups[0]!.mounts).toEqual(reading.groups[0]!.mounts);
  }
});

test('reads sizes from the output of the script, not from its text in the step name', () => {
  const log = [
    '#6 [image-release-0 2/2] RUN ["/bin/sh","-ec","echo \\"image-release-mounts $total\\"\\necho image-release-kept"]',
    '#6 0.112 image-release-mounts 12',
    '#8 0.2 image-release-mounts 30',
    '#8 0.2 image-release-kept',
  ].join('\n');
  expect(readSizes(log)).toEqual({ bytes: 42 * 1024, kept: true });
  expect(readSizes(log.split('\n')[0]!)).toEqual({ bytes: 0, kept: false });
});
