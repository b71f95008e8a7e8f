import { messageOf, type Problem } from '../lib/errors.js';
import type { RegistryClient } from './client.js';
import { formatReference } from './reference.js';
import type { TagMove } from './tagging.js';

/**
 * Puts tags back as they were: earlier bytes under tags that existed, new ones deleted. A tag that names
 * something else by now belongs to somebody else and is left alone.
 * @returns `registry/tags-left` for each that still names what it should not, or of which that is not known
 */
export async function undo(client: RegistryClient, moves: readonly TagMove[]): Promise<Problem[]> {
  const changed = moves.filter(({ to, before }) => before?.digest !== to.digest);
  const left = await Promise.all(
    changed.map(async (move) => {
      const why = await putBack(client, move).catch((error: unknown) => messageOf(error));
      return why === undefined ? undefined : leftover(move, why.replace(/\.$/, ''));
    }),
  );
  return left.filter((problem) => problem !== undefined);
}

/** @returns why the tag still names what it should not; undefined when it doesn't */
async function putBack(client: RegistryClient, move: TagMove): Promise<string | undefined> {
  const { image, tag, to, before } = move;
  if ((await client.getManifest(image, tag))?.digest !== to.digest) return undefined;
  const why = await (
    before
      ? client.putManifest(image, tag, before.bytes, before.mediaType).then(() => 'the registry ignored it')
      : client.deleteTag(image, tag).then(() => 'the registry deletes no tags')
  ).catch((error: unknown) => messageOf(error));
  return (await client.getManifest(image, tag))?.digest === to.digest ? why : undefined;
}

function leftover({ key, image, tag, kind, before }: TagMove, why: string): Problem {
  const reference = formatReference(image, tag);
  return {
    code: 'registry/tags-left',
    severity: 'error',
    image: key,
    message: before
      ? `${reference} could not be put back to ${before.digest}: ${why}.`
      : `The new tag ${reference} could not be removed: ${why}.`,
    fix:
      before || kind === 'moving'
        ? `Put it right by hand: whoever follows ${tag} gets this unfinished release.`
        : 'Nothing follows it; delete it by hand, or leave it.',
  };
}
