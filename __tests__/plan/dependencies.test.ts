import type { HelperTarget, ImageConfig } from '../../src/config/config.js';
import { describeBuilds, helpersOf, platformsOf } from '../../src/plan/dependencies.js';
import { plannedImage } from '../builders/samples.js';
import { imageConfig } from './fixtures.js';

function target(key: string, bases: string[] = [], over: Partial<ImageConfig> = {}): HelperTarget {
  const contexts = Object.fromEntries(bases.map((base) => [base, `image:${base}`]));
  return imageConfig(key, { contexts, ...over });
}

const CONFIG = {
  images: [target('api', ['base', 'target:tools']), target('base', ['os']), target('os'), target('web')],
  helpers: [target('target:tools', ['os']), target('target:unused')],
};

test.each<[string, string[], string[]]>([
  ['only the bake target is a helper if all images are released', ['api', 'base', 'os', 'web'], ['target:tools']],
  ['all dependencies are helpers if only the image is released', ['api'], ['base', 'os', 'target:tools']],
  ['a released base is not a helper', ['api', 'base'], ['target:tools', 'os']],
  ['a released base of the base is not a helper', ['api', 'os'], ['base', 'target:tools']],
])('%s', (_, selected, expected) => {
  expect(helpersOf(CONFIG.images[0]!, CONFIG, selected).map(({ key }) => key)).toEqual(expected);
});

test('an image without a base has no helpers, and a path is not a base', () => {
  const web = target('web', [], { contexts: { lib: 'base', os: 'docker-image://os' } });
  expect(helpersOf(web, CONFIG, ['web'])).toEqual([]);
});

test('helpers have the platforms of the run', () => {
  const [base] = helpersOf(CONFIG.images[0]!, CONFIG, ['api'], ['linux/arm64']);
  expect(base!.platforms).toEqual(['linux/arm64']);
});

test('a helper is built for the platforms of all images built on it', () => {
  const helper = target('base', [], { platforms: ['linux/s390x'] });
  const on = (...platforms: string[]) => plannedImage('x', { platforms, helpers: [helper] });
  expect(platformsOf(helper, [on('linux/amd64'), on('linux/arm64', 'linux/amd64')])).toEqual([
    'linux/amd64',
    'linux/arm64',
  ]);
  expect(platformsOf(helper, [on()])).toEqual(['linux/s390x']);
});

test('describes each helper once, after the images and like them', () => {
  const helper = target('target:tools', ['os'], { args: { A: '1' } });
  const images = ['a', 'b'].map((key) => plannedImage(key, { helpers: [helper] }));
  const described = describeBuilds(images, 'linux/amd64');
  expect(described.map(({ key }) => key)).toEqual(['a', 'b', 'target:tools']);
  expect(described[2]).toEqual({ ...helper, platforms: ['linux/amd64'] });
});
