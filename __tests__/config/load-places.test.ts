import { loadConfig } from '../../src/config/load.js';

const load = (text: string) => loadConfig({ text, origin: 'image-release.yml' });

test('images inherit settings through merge keys, and places lead to where they stand', () => {
  const config = load(
    'images:\n  a: &a\n    args: { V: 1.0 }\n    target: x\n  b:\n    <<: *a\n    context: c',
  );
  expect(config.images[1]).toMatchObject({ context: 'c', target: 'x', args: { V: '1.0' } });
  expect(config.place('images.b.target')).toMatchObject({ line: 4, column: 13 });
});

test('a place is found for what is there, and the nearest parent for what is not', () => {
  const config = load(
    [
      'images:',
      '  api:',
      '    labels:',
      '      org.opencontainers.image.title: API',
      '    platforms: linux/amd64',
      '  web:',
      'deploy: { kustomization: k8s }',
    ].join('\n'),
  );
  const at = (path: string) => {
    const { line, column } = config.place(path);
    return `${line}:${column}`;
  };
  expect(at('images.api.labels.org.opencontainers.image.title')).toBe('4:39');
  expect(at('images.api.dockerfile')).toBe('2:3');
  expect(at('images.api.labels')).toBe('3:5');
  expect(at('images.api.platforms.0')).toBe('5:16');
  expect(at('images.web')).toBe('6:3');
  expect(at('images.web.context')).toBe('6:3');
  expect(at('deploy.0.kustomization')).toBe('7:26');
  expect(at('deploy.0.branch')).toBe('7:1');
  expect(at('cache')).toBe('1:1');
});
