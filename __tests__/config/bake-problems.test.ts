import { read } from './bake-print.js';

test.each<[string, object, object[]]>([
  ['nothing to build', { group: {}, target: {} }, [{ code: 'config/bake-invalid' }]],
  [
    'a name that is no key',
    { group: { default: { targets: ['_api'] } }, target: { _api: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('_api') }],
  ],
  [
    'names that differ in case alone',
    { group: { default: { targets: ['Web', 'web'] } }, target: { Web: {}, web: {} } },
    [{ code: 'config/bake-invalid', message: expect.stringContaining('Web and web') }],
  ],
  [
    'tags of two repositories',
    { group: { default: { targets: ['api'] } }, target: { api: { tags: ['a/b:1', 'a/b:2', 'c/d:1'] } } },
    [{ code: 'config/bake-warning', severity: 'warning', place: { file: 'docker-bake.hcl', line: 2 } }],
  ],
  [
    'an output that is lost',
    { group: { default: { targets: ['Web'] } }, target: { Web: { output: [{ type: 'local', dest: 'o' }] } } },
    [
      {
        code: 'config/bake-warning',
        message: expect.stringContaining('type=local,dest=o'),
        place: { file: 'docker-bake.hcl', line: 4 },
      },
    ],
  ],
  [
    'outputs that a release makes anyway',
    {
      group: { default: { targets: ['api'] } },
      target: { api: { output: ['type=registry', { type: 'image', push: 'true' }, 'type=cacheonly'] } },
    },
    [],
  ],
])('%s', (_, print, expected) => {
  expect(read(print).problems).toMatchObject(expected);
});
