/** Longest tag that registries take: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull */
export const MAX_TAG_LENGTH = 128;

const SHORT_SHA = 7;

export function shortSha(commit: string): string {
  return commit.slice(0, SHORT_SHA);
}

/**
 * Makes text a tag as docker/metadata-action does: every run of other characters becomes `-`. Unlike there a
 * leading `.` or `-`, which no registry takes, falls away. May come out empty.
 */
export function sanitizeTag(text: string): string {
  return withValidCharacters(text).replace(/^[.-]+/, '');
}

/**
 * A branch or git tag name of at most `room` characters that still tells its owner apart: its beginning and
 * a checksum of the whole (FNV-1a; 32 bits keep the long branches of one repository apart).
 */
export function fittingName(name: string, room: number): string {
  if (name.length <= room) return name;
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const checksum = hash.toString(16).padStart(8, '0');
  return `${withValidCharacters(name).slice(0, Math.max(0, room - checksum.length - 1))}-${checksum}`;
}

function withValidCharacters(text: string): string {
  return text.replace(/[^a-zA-Z0-9._-]+/g, '-');
}
