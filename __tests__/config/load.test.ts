import { loadConfig } from '../../src/config/load.js';
import { ReleaseError } from '../../src/lib/errors.js';
import { exitCodeFor } from '../../src/lib/problem-catalogue.js';
import { BAD_CONFIGS, CONTRADICTORY_CONFIGS, GOOD_CONFIGS, LEFT_TO_THE_PLAN } from './config-cases.js';

const load = (text: string) => loadConfig({ text, origin: 'image-release.yml' });

function problemsOf(text: string) {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
  throw new Error('The configuration was taken.');
}

const placed = (text: string) => problemsOf(text).map(({ place, code }) => `${place?.line}:${place?.column} ${code}`);

test.each(Object.entries({ ...GOOD_CONFIGS, ...LEFT_TO_THE_PLAN }))('accepts %s', (_, yaml) => {
  const { images, bake } = load(yaml);
  expect(images.length > 0 || bake !== undefined).toBe(true);
});

test.each(Object.entries({ ...BAD_CONFIGS, ...CONTRADICTORY_CONFIGS }))(
  'rejects with place, reason and fix: %s',
  (_, [yaml, ...expected]) => {
    const problems = problemsOf(yaml);
    expect(placed(yaml)).toEqual(expected.map(([where]) => where));
    expected.forEach(([, ...words], index) => {
      const { message, fix } = problems[index]!;
      for (const word of words) expect(`${message} ${fix}`).toContain(word);
    });
    expect(exitCodeFor(problems.map(({ code }) => code))).toBe(2);
  },
);

describe('invalid YAML', () => {
  test.each([
    ['a tab', 'images:\n\tapi:', ['2:1 config/syntax']],
    ['an open bracket', 'images: [a\n', ['2:1 config/syntax']],
    ['two documents', 'images: { api: }\n---\nimages: { b: }', ['2:1 config/syntax']],
    ['a colon in a value', 'images:\n  api:\n    context: a: b', ['3:14 config/syntax']],
    ['an unknown anchor', 'images: { api: *a }', ['1:16 config/syntax']],
    ['an unknown tag', 'images: { api: !env a }', ['1:16 config/syntax']],
    ['a repeated key', 'images:\n  api:\n  api:', ['3:3 config/syntax']],
    ['an empty file (no place)', '', ['undefined:undefined config/invalid']],
    ['a file with only comments (no place)', '# images:\n', ['undefined:undefined config/invalid']],
  ])('reports place and code of %s', (_, text, expected) => {
    expect(placed(text)).toEqual(expected);
  });

  test("a repeated key doesn't hide other problems", () => {
    expect(placed('images:\n  api: { contxt: a }\n  api:\ncache: x')).toEqual(
      expect.arrayContaining(['3:3 config/syntax', '4:8 config/invalid']),
    );
  });

  test('rejects aliases that expand exponentially', () => {
    const levels = 'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[index]}`).join(', ')}]`);
    expect(problemsOf(['a: &a [x, x]', ...levels].join('\n'))[0]).toMatchObject({ code: 'config/syntax' });
  });
});

test('problems never contain a literal secret from `secrets`', () => {
  for (const secrets of [
    '[NPM=hunter2secret]',
    '{ npm: hunter2secret }',
    '{ npm: { env: hunter2-secret } }',
    'hunter2secret',
  ])
    for (const problem of problemsOf(`images: { api: { secrets: ${secrets} } }`))
      expect(JSON.stringify(problem)).not.toContain('hunter2');
});

test('rejects a workflow expression in the file', () => {
  const [problem] = problemsOf('images:\n  api:\n    args: { V: "${{ github.sha }}" }');
  expect(problem).toMatchObject({ code: 'config/invalid', place: { line: 3, column: 16 } });
});

test('accepts a template of docker/metadata-action', () => {
  expect(load("images: { api: }\ntags: ['type=sha,prefix={{branch}}-']").tags).toEqual(['type=sha,prefix={{branch}}-']);
});

test('rejects an unknown image under `deploy`', () => {
  const [problem] = problemsOf('images: { api: , web: }\ndeploy:\n  - { kustomization: k8s, images: [api, wbe] }');
  expect(problem).toMatchObject({
    code: 'config/invalid',
    fix: 'Did you mean `web`?',
    place: { file: 'image-release.yml', line: 3, column: 41 },
  });
});

test('accepts a Dockerfile outside its context, but not outside the repository', () => {
  expect(load('images: { api: { dockerfile: ../d/api } }').images[0]?.dockerfile).toBe('d/api');
  expect(placed('images: { api: { dockerfile: ../../api } }')).toEqual(['1:30 config/invalid']);
});

test('images inherit settings through merge keys, and places point to the definition', () => {
  const config = load('images:\n  a: &a\n    args: { V: 1.0 }\n    target: x\n  b:\n    <<: *a\n    context: c');
  expect(config.images[1]).toMatchObject({ context: 'c', target: 'x', args: { V: '1.0' } });
  expect(config.place('images.b.target')).toMatchObject({ line: 4, column: 13 });
});

test('finds the place of a setting, or of its nearest parent if it is missing', () => {
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
