import type { Source } from '../facts/source.js';

export interface LabelRequest {
  /** The image's full name without tag. */
  image: string;
  source: Source;
  /** The tag that is pushed and deployed. */
  releaseTag: string;
  /** What the configuration adds or overrides; an empty value removes a label. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

export interface PlannedLabels {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/**
 * Labels and annotations of one image after
 * https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys,
 * both with the same values; sorted by key, none empty. Nothing in them depends on the clock, so that the
 * same commit gives the same digest again.
 */
export function planLabels({ image, source, releaseTag, labels, annotations }: LabelRequest): PlannedLabels {
  const described: Record<string, string | undefined> = {
    // The image's own name: two images of one repository are two things.
    'org.opencontainers.image.title': image.slice(image.lastIndexOf('/') + 1),
    'org.opencontainers.image.description': source.description,
    'org.opencontainers.image.url': source.url,
    'org.opencontainers.image.source': source.url,
    'org.opencontainers.image.version': releaseTag,
    'org.opencontainers.image.revision': source.commit,
    'org.opencontainers.image.created': toRfc3339(source.commitTime),
    'org.opencontainers.image.licenses': source.license,
  };
  return {
    labels: withoutEmpty({ ...described, ...labels }),
    annotations: withoutEmpty({ ...described, ...annotations }),
  };
}

/** RFC 3339 in UTC, whole seconds. */
function toRfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  const kept = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}
