import { INPUTS, OUTPUTS, type InputName } from '../../src/config/inputs.generated.js';

/**
 * Inputs of docker/build-push-action, docker/bake-action, docker/metadata-action, docker/login-action and
 * docker/setup-buildx-action whose names a user brings along, with what they mean there.
 */
const CONVENTIONS: Record<string, string> = {
  builder: 'name of a builder instance',
  push: 'whether images are pushed',
  platforms: 'list of target platforms',
  'no-cache': 'build without cache',
  username: 'user of a registry',
  password: 'password of a registry',
  // Here these are in the configuration file, per image.
  tags: 'all names of one image',
  images: 'names of one image',
  file: 'path of the Dockerfile',
  context: 'build context',
  target: 'build stage',
  labels: 'labels of one image',
  annotations: 'annotations of one image',
  'build-args': 'build arguments of one image',
  'build-contexts': 'named contexts of one image',
  secrets: 'build secrets of one image',
  provenance: 'attestation of one build',
  sbom: 'attestation of one build',
  'cache-from': 'cache sources of one build',
  'cache-to': 'cache destinations of one build',
  load: 'load the image into Docker',
  pull: 'pull base images anew',
  outputs: 'exports of one build',
  flavor: 'flavor of tags',
};

/** Each input: the convention that it follows, or why it has a name of its own. */
const NAMES: Record<InputName, string> = {
  builder: 'convention',
  push: 'convention',
  platforms: 'convention',
  'no-cache': 'convention',
  'registry-username': 'as `username` of docker/login-action; several tokens are taken here',
  'registry-password': 'as `password` of docker/login-action; several tokens are taken here',
  images: 'keys of the configuration; metadata-action takes image names, whose last part is the key by default',
  config: 'a path, as for most actions',
  'config-inline': 'as `buildkitd-config-inline` of docker/setup-buildx-action',
  token: 'as `token` of actions/checkout',
  'deploy-token': 'the token of deploy commits',
  published: 'output `images` of an earlier job',
  'extra-tags': '`tags` means all names of an image for docker/build-push-action, and rules for metadata-action',
  deploy: 'no action of Docker deploys',
  channel: 'no action of Docker deploys',
  promote: 'no action of Docker deploys',
  rebuild: 'no action of Docker leaves out what did not change',
  'allow-rollback': 'no action of Docker deploys',
  wait: 'as `--wait` of Helm',
  'dry-run': 'as `--dry-run` of kubectl',
};

test('an input has the name and the meaning that users of the actions of Docker expect', () => {
  expect(Object.keys(NAMES).sort()).toEqual(Object.keys(INPUTS).sort());
  const shared = Object.keys(INPUTS).filter((name) => name in CONVENTIONS);
  expect(shared.filter((name) => NAMES[name as InputName] !== 'convention')).toEqual(['images']);
  for (const [name, reason] of Object.entries(NAMES))
    if (reason === 'convention') expect(CONVENTIONS).toHaveProperty([name]);
});

test('an output is not called as something else would be', () => {
  expect(Object.keys(OUTPUTS)).toEqual([
    'released',
    'complete',
    'images',
    'plan',
    'deploy-commit',
    'pull-request-number',
    'pull-request-url',
  ]);
});

test('the first sentence on `push` says that images are pushed by default', () => {
  expect(INPUTS.push.description).toMatch(/^Images are pushed by default, except for pull requests\./);
});

test('one sentence says where build arguments, secrets, SBOM and provenance are set', () => {
  expect(INPUTS.config.description).toMatch(/Build arguments, secrets, SBOM and provenance are set in that file\./);
});
