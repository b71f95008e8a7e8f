import type { BuildDescription } from '../../src/dockerfile/description.js';

/** The build description of an image with default settings. */
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
