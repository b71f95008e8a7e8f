import type { BaseImage, BaseImages } from '../../src/dockerfile/description.js';
import type { BuildUse, UnreadableDockerfile } from '../../src/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../src/dockerfile/parse.js';
import { useOf, type UseDescription } from '../../src/dockerfile/use.js';

export const image = (more: Partial<BaseImage> = {}): BaseImage => ({
  digest: 'sha256:0',
  onBuild: [],
  env: {},
  ...more,
});

export type RunContext = Partial<UseDescription> & { bases?: BaseImages };

export function reading(text: string, { bases = { a: image() }, ...description }: RunContext = {}) {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) throw new Error(dockerfile.unreadable);
  return useOf(dockerfile, { args: {}, platforms: ['linux/amd64'], contexts: {}, ...description }, bases);
}

export function use(text: string, setting?: RunContext): BuildUse {
  const found: BuildUse | UnreadableDockerfile = reading(text, setting);
  if ('unreadable' in found) throw new Error(found.unreadable);
  return found;
}

/** Patterns of the files that a build reads from a context, or `*all*` with the reason. */
export function reads(text: string, setting?: RunContext, context = ''): string[] {
  const found = use(text, setting).reads[context];
  if (found === undefined) return [];
  return found.status === 'all' ? ['*all*', found.reason] : found.sources.map(({ pattern }) => pattern);
}
