import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';
import { plannedImage } from './samples.js';
import type { Target } from './fixtures/bake-targets.js';

describe('images that stand on others', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const api = plannedImage('api', {
    contexts: { base: 'image:base.v1', lib: 'lib', os: 'docker-image://os' },
  });
  const base = plannedImage('base.v1', { platforms: ['linux/amd64'] });
  const unchanged = plannedImage('base.v1', { status: 'unchanged', digest, since: { tag: 'main-0' } });
  const read = (...images: Parameters<typeof bakeDefinition>[0]) => {
    const { json, ...rest } = bakeDefinition(images, 'by-digest');
    const { group, target } = JSON.parse(json) as {
      group: { default: { targets: string[] } };
      target: Record<string, Target & { contexts: Record<string, string> }>;
    };
    return { ...rest, group: group.default.targets, target };
  };

  test('are built on the target of one that is built', () => {
    const { group, target } = read(api, base);
    expect(group).toEqual(['api', 'base_v1']);
    expect(target['api']!.contexts).toEqual({ base: 'target:base_v1', lib: 'lib', os: 'docker-image://os' });
  });

  test('are built on the digest of one that is not, which is no target', () => {
    const { group, target, targets, allow } = read(unchanged, api);
    expect(Object.keys(target)).toEqual(['api']);
    expect({ group, targets }).toEqual({ group: ['api'], targets: { api: 'api' } });
    expect(target['api']!.contexts['base']).toBe(`docker-image://ghcr.io/acme/base.v1@${digest}`);
    expect(allow).toEqual(['api', 'lib', 'api/Dockerfile'].map((path) => `fs.read=${path}`));
  });

  test('have helpers built on the way, once, for their platforms, attested and published nowhere', () => {
    const { key, args, secrets, contexts, labels, annotations, noCache, extra } = plannedImage('target:tools');
    const helper = { key, args, secrets, contexts, labels, annotations, noCache, extra };
    const tools = { ...helper, context: 'tools', dockerfile: 'tools/D', platforms: [] };
    const [a, b] = ['a', 'b'].map((name) =>
      plannedImage(name, {
        contexts: { tools: 'image:target:tools' },
        platforms: ['linux/arm64'],
        helpers: [tools],
      }),
    );
    const { group, target, targets, allow } = read(a!, b!);
    expect(group).toEqual(['a', 'b']);
    expect(targets).toEqual({ a: 'a', b: 'b' });
    expect(target['b']!.contexts).toEqual({ tools: 'target:target_tools' });
    expect(target['target_tools']).toMatchObject({
      context: 'tools',
      dockerfile: 'D',
      platforms: ['linux/arm64'],
      output: ['type=cacheonly'],
      attest: ['type=provenance,disabled=true'],
      args: { SOURCE_DATE_EPOCH: '1700000000' },
    });
    expect(allow).toEqual(expect.arrayContaining(['fs.read=tools', 'fs.read=tools/D']));
  });

  test('never come without what they stand on', () => {
    expect(() => read(api)).toThrow('image:base.v1 is neither built nor published');
  });
});
