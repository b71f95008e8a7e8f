import { rewriteDockerfile } from '../../../src/builders/kaniko/dockerfile-rewrite.js';
import type { Dockerfile } from '../../../src/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../../src/dockerfile/parse.js';

describe('the Dockerfile sent to Kaniko', () => {
  const send = (text: string, contexts: Record<string, string> = {}, platform = 'linux/arm64', args = {}) =>
    rewriteDockerfile({
      ...{ text, contexts, platform, args },
      dockerfile: parseDockerfile(text) as Dockerfile,
    });

  test('has images in place of named contexts, and keeps its lines', () => {
    const text = 'FROM node:24-alpine AS deps\nRUN a\nFROM deps\nCOPY --link \\\n  --from=acme/base /a \\\n  /b\n';
    expect(send(text, { 'node:24-alpine': 'r/node@sha256:1', 'acme/base': 'r/base@sha256:2' })).toEqual({
      text: 'FROM r/node@sha256:1 AS deps\nRUN a\nFROM deps\nCOPY --link \\\n  --from=r/base@sha256:2 /a \\\n  /b\n',
      reads: ['r/node@sha256:1', 'r/base@sha256:2'],
    });
  });

  test('has platform and build arguments expanded in FROM, with configured values instead of defaults', () => {
    const text = 'ARG V=1\nFROM node:$V AS a\nFROM base-${TARGETARCH}\nFROM --platform=$BUILDPLATFORM go-$BUILDARCH\n';
    expect(send(text, {}, 'linux/arm64', { V: '2' })).toMatchObject({
      text: 'ARG V=1\nFROM node:2 AS a\nFROM base-arm64\nFROM --platform=$BUILDPLATFORM go-arm64\n',
    });
  });

  test('has a named context in place of a stage, by name and by number', () => {
    const text = 'FROM node:24 AS deps\nFROM scratch\nCOPY --from=deps /a /\nCOPY --from=0 /b /\n';
    expect(send(text, { deps: 'r/deps:1' })).toMatchObject({
      text: 'FROM node:24 AS deps\nFROM scratch\nCOPY --from=r/deps:1 /a /\nCOPY --from=r/deps:1 /b /\n',
    });
  });

  test('is identical to the byte if nothing has to be replaced', () => {
    const text = '# comment\r\nFROM node:24 AS a\r\n\r\nRUN x\r\nFROM a\r\n';
    expect(send(text)).toMatchObject({ text });
  });

  test('is rejected if FROM depends on the platform and none is given', () => {
    expect(send('FROM base-$TARGETARCH\n', {}, '')).toMatchObject({ unreadable: expect.any(String), line: 1 });
  });
});
