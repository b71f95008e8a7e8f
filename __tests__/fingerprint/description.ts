import type { BuildDescription } from '../../src/dockerfile/description.js';

/** What the configuration says of an image of which it says little. */
export const describeImage = (key: string, over: Partial<BuildDescription> = {}): BuildDescription => ({
  key,
  context: '.',
  dockerfile: 'Dockerfile',
  args: {},
  platforms: ['linux/amd64'],
  contexts: {},
  secrets: [],
  labels: {},
  annotations: {},
  extra: {},
  ...over,
});
