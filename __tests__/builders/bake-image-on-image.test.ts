import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';
import { plannedImage } from './samples.js';
import type { Target } from './fixtures/bake-targets.js';

describe('an image that is built on another image', () => {
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

  test('refers to the target of a base that is built in the same run', () => {
    const { group, target } = read(api, base);
    expect(group).toEqual(['api', 'base_v1']);
    expect(target['api']!.contexts).toEqual({ base: 'target:base_v1', lib: 'lib', os: 'docker-image://os' });
  });

  test('refers to the digest of an unchanged base, which gets no target', () => {
    const { group, target, targets, allow } = read(unchanged, api);
    expect(Object.keys(target)).toEqual(['api']);
    expect({ group, targets }).toEqual({ group: ['api'], targets: { api: 'api' } });
    expect(target['api']!.contexts['base']).toBe(`docker-image://ghcr.io/acme/base.v1@${digest}`);
    expect(allow).toEqual(['api', 'lib', 'api/Dockerfile'].map((path) => `fs.read=${path}`));
  });

  test('shares one unpublished target per helper, for the platforms of the images, without attestations', () => {
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

  test('is rejected if its base is neither built nor published', () => {
    expect(() => read(api)).toThrow('image:base.v1 is neither built nor published');
  });
});
