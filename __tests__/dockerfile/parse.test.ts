import { parseDockerfile } from '../../src/dockerfile/parse.js';
import { outline, read } from './parsed.js';

test('line numbers are those of the file, despite comments and blank lines', () => {
  const text = '\uFEFF# ESCAPE=\\\n\n\nFROM a\n\n# c\nENV A \\\n/go\n\nRUN x \\\n\n  # c\n\t&& y \\\n\n  && z\n\n';
  expect(read(text).stages[0]).toMatchObject({ line: 4, base: 'a' });
  expect(outline(text)).toEqual(['ENV 7-8', 'RUN 10-15']);
  expect(read(text).stages[0]!.instructions[1]!.rest).toBe('x \t&& y   && z');
});

test("comments, line breaks and other stages don't change the text of a stage; here-documents and escapes do", () => {
  const plain = 'FROM a AS b\nRUN x   y\nCOPY <<E /\n# kept\n\nE\nFROM c\nUSER u';
  const noisy =
    '# note\r\n\r\nFROM a AS b\r\n# c\r\nRUN x \\\r\n# c\r\n\r\n  y\r\nCOPY <<E /\n# kept\n\nE\n# c\nFROM d\nUSER v';
  expect(read(plain).stages[0]!.text).toBe('FROM a AS b\nRUN x   y\nCOPY <<E /\n# kept\n\nE');
  expect(read(noisy).stages[0]!.text).toBe(read(plain).stages[0]!.text);
  expect(read(plain.replace('# kept', '# other')).stages[0]!.text).not.toBe(read(plain).stages[0]!.text);
  const escaped = `# escape=\`\n${plain}`;
  expect(read(escaped).stages[0]!.text).not.toBe(read(plain).stages[0]!.text);
});

test('parses flags, names and platforms, and resolves escapes and quotes in flags', () => {
  const text =
    '#syntax=docker/dockerfile:1.7-labs\n# escape = `\nARG A=1\nfrom --platform="$BUILDPLATFORM" a as Build\n' +
    'copy --link --chown=a`:b --exclude=x --exclude=y a ` \n b\nRUN --mount=type=cache,target=/a -- --mount=b\n';
  expect(read(text)).toMatchObject({
    syntax: 'docker/dockerfile:1.7-labs',
    escape: '`',
    globalArgs: [{ keyword: 'ARG', rest: 'A=1', line: 3 }],
    stages: [
      {
        base: 'a',
        name: 'build',
        platform: '$BUILDPLATFORM',
        instructions: [
          {
            keyword: 'COPY',
            flags: [
              { name: 'link', value: 'true' },
              { name: 'chown', value: 'a:b' },
              { name: 'exclude', value: 'x' },
              { name: 'exclude', value: 'y' },
            ],
            rest: 'a  b',
          },
          { keyword: 'RUN', flags: [{ name: 'mount', value: 'type=cache,target=/a' }], rest: '--mount=b' },
        ],
      },
    ],
    doubts: [],
  });
});

test.each([
  ['# syntax=docker.io/docker/dockerfile:1@sha256:' + 'a'.repeat(64), undefined],
  ['# syntax=docker/dockerfile', undefined],
  ['# key=value\n# syntax=other/frontend', undefined],
  ['# syntax=docker/dockerfile:2', /another frontend/],
  ['# syntax=mirror.example.org/docker/dockerfile:1', /another frontend/],
  ['#!/bin/sh\n# syntax=other/frontend', /another frontend/],
  ['# \uFFFD', /no UTF-8/],
  ['FROM b\nCOPY --future=1 a b', /not known here, --future/],
  ['FROM b\nCOPY --from a b', /not known here, --from/],
  ['FROM b\nCOPY --from=b --from=c a b', /not known here, --from=c/],
  ['FROM b\nCOPY --link=maybe a b', /not known here, --link=maybe/],
])('reports whether there is a doubt about %j', (head, doubt) => {
  const { doubts } = read(`${head}\nFROM a\n`);
  if (doubt === undefined) expect(doubts).toEqual([]);
  else expect(doubts).toMatchObject([{ reason: expect.stringMatching(doubt) }]);
});

test.each([
  ['', 'it has no FROM', undefined],
  ['# only\n\n# comments', 'it has no FROM', undefined],
  ['ARG A\n', 'it has no FROM', undefined],
  ['ENV PATH\nFROM a', /name and a value/, 1],
  ['RUN x\nFROM a', /is before the first FROM/, 1],
  ['FROM a\n\nFORM b', "the line doesn't begin with a Dockerfile instruction", 3],
  ['FROM a b', /it takes a base image/, 1],
  ['FROM a AS 1b', /no name for a stage/, 1],
  ['FROM a\nCOPY a', /at least one source/, 2],
  ['FROM a\nCOPY ["a"]', /at least one source/, 2],
  ['FROM a\nCOPY a <<E\nE', /destination is a here-document/, 2],
  ['FROM a\nRUN <<E\nx', /is not ended/, 2],
  ['FROM a\nONBUILD ONBUILD RUN x', /ONBUILD ONBUILD/, 2],
  ['FROM a\nENV A=1 B', /name=value/, 2],
  ['FROM a\nARG', /no arguments/, 2],
  ['# escape=x\nFROM a', /escape character/, 1],
  ['# syntax=a\n# syntax=b\nFROM a', /more than one/, 2],
  [`FROM a\nLABEL a=${'a'.repeat(65536)}`, /longer than 65535/, 2],
])('reports reason and line for a Dockerfile that BuildKit rejects: %#', (text, unreadable, line) => {
  const reading = parseDockerfile(text);
  expect(reading).toMatchObject({
    unreadable: typeof unreadable === 'string' ? unreadable : expect.stringMatching(unreadable),
  });
  expect('line' in reading ? reading.line : undefined).toBe(line);
});

test('accepts unusual instructions without a doubt', () => {
  const text = String.raw`
from scratch
maintainer Jane Doe <j@d.e>
CMD ['/bin/sh', '-c']
CMD ["/bin/sh", "-c"
RUN ["sh", "-c", "a \" b"]
ENV a b c
ENV a=b "c d"='e f' g=h\ i
LABEL "a.b"=c
EXPOSE 80 81/udp
VOLUME ["/a b"] 
USER  u
RUN a \
`;
  expect(outline(text)).toHaveLength(11);
  expect(read(text).doubts).toEqual([]);
});
