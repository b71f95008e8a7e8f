import { stageNames } from '../../src/preflight/dockerfile-stages.js';

test.each<[string, string, string[] | 'uncertain']>([
  ['one stage without a name', 'FROM busybox\n', []],
  ['names in any case', 'from a AS Build\nFROM b as runtime\n', ['build', 'runtime']],
  ['platforms and digests', `FROM --platform=$BUILDPLATFORM a@sha256:${'0'.repeat(64)} AS deps\n`, ['deps']],
  ['a continued line', 'FROM a \\\n  AS deps\r\nFROM deps\n', ['deps']],
  ['CRLF', 'FROM a AS one\r\nFROM b AS two\r\n', ['one', 'two']],
  ['blanks before FROM', '  FROM a AS one\n', ['one']],
  ['words of another instruction', 'FROM a\nRUN echo FROM b AS c\n', []],
  ['a comment', '# FROM a AS b\nFROM c\n', []],
  ['a here-document', 'FROM a\nRUN <<EOF\nFROM b AS c\nEOF\n', 'uncertain'],
  ['another escape character', '# escape=`\nFROM a AS b\n', 'uncertain'],
  ["Docker's own syntax", '# syntax=docker/dockerfile:1-labs\nFROM a AS b\n', ['b']],
  ['another syntax', '# syntax=acme/dockerfile:1\nFROM a AS b\n', 'uncertain'],
])('%s', (_, dockerfile, expected) => {
  expect(stageNames(dockerfile)).toEqual(expected);
});
