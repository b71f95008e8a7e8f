import type { SkippedTag } from '../registry/published-image.js';

const REASONS: Record<SkippedTag['reason'], string> = {
  'newer-version': 'it is the later version',
  'newer-commit': 'it is of a newer commit',
  'later-run': 'it is of a later run',
  'newer-release': 'it is the newer release',
  unplaced: 'nothing tells which of the two is newer',
  taken: 'the tag never moves',
};

/** `latest stays with main-1a2b3c4: it is of a newer commit`. */
export function describeHeld({ tag, by, reason }: SkippedTag): string {
  return `${tag} stays with ${by}: ${REASONS[reason]}`;
}
