import { problem, throwProblems } from '../lib/errors.js';
import { splitImageName } from '../plan/references.js';
import type { RegistryClient } from '../registry/client.js';
import type { VersionStore } from './version.js';

/** A digest that no manifest has. */
const NOTHING = `sha256:${'0'.repeat(64)}`;

/** The versions of images in a registry that deletes manifests, one at a time. Those without a tag are not listed. */
export function createRegistryStore(client: RegistryClient): VersionStore {
  return {
    lists: 'tags',

    async list(image, tags) {
      const named = await Promise.all(
        tags.map(async (tag) => [tag, (await client.getManifest(image, tag))?.digest] as const),
      );
      const unserved = named.flatMap(([tag, digest]) => (digest === undefined ? tag : []));
      const message = (tag: string) =>
        `Can't read ${tag} of ${image}: the registry lists this tag, and does not serve it.`;
      throwProblems(unserved.map((tag) => problem({ code: 'cleanup/unreadable', message: message(tag) })));
      const versions = new Map<string, string[]>();
      for (const [tag, digest] of named) versions.set(digest!, [...(versions.get(digest!) ?? []), tag]);
      return [...versions].map(([digest, own]) => ({ digest, tags: own }));
    },

    async probe(image) {
      if (await client.deleteManifest(image, NOTHING)) return undefined;
      const { host } = splitImageName(image);
      return problem({ code: 'cleanup/refused', message: `${host} does not delete manifests of ${image}.` });
    },

    async delete({ image, digest }) {
      if (await client.deleteManifest(image, digest)) return { status: 'deleted' };
      return { status: 'left', reason: `${splitImageName(image).host} refuses to delete it` };
    },
  };
}
