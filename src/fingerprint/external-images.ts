import type { BuildDescription } from '../dockerfile/description.js';
import { kindOfContext } from '../dockerfile/references.js';
import { readDockerfile } from './read-dockerfile.js';

/**
 * References of the images that the builds name in what they need of their Dockerfiles, variables filled in, each once.
 * A Dockerfile that can't be read names none.
 */
export function externalImages(root: string, builds: readonly BuildDescription[]): string[] {
  const references = builds.flatMap((build) => {
    if (kindOfContext(build.context).type !== 'local') return [];
    const read = readDockerfile(root, build, {});
    return read.status === 'read' ? read.use.images.map(({ reference }) => reference) : [];
  });
  return [...new Set(references)];
}
