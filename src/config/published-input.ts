import * as z from 'zod';
import { parseJson } from '../lib/json.js';

const imageSchema = z.object({
  image: z.string().min(1),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
  releaseTag: z.string().min(1).optional(),
  tags: z.array(z.string()).default([]),
  platforms: z.array(z.string()).default([]),
  status: z.string().optional(),
  fingerprint: z.string().optional(),
  builtFrom: z.string().optional(),
  pushed: z.literal('by-digest').optional(),
  commit: z.string().optional(),
});
const outputSchema = z.record(z.string(), imageSchema);
type ImageEntry = z.infer<typeof imageSchema> & { key: string; digest: string };

/** The input `published`: what earlier jobs pass in their output `images`. */
export type PublishedInput =
  /** Tagged images, to be deployed as they are. */
  | { type: 'published'; images: PublishedByJob[] }
  /** Images without tags (`push: digest`), to be merged, tagged and deployed. */
  | { type: 'parts'; parts: PartOfJob[] };

type PublishedByJob = Pick<
  ImageEntry,
  'key' | 'image' | 'digest' | 'tags' | 'platforms' | 'fingerprint' | 'builtFrom'
> & {
  releaseTag: string;
  /** The job reused a published build; `builtFrom` is the commit of that build. */
  unchanged?: true;
};

/**
 * The platforms of an image that a job pushed by digest, or found unchanged under it. The digest of a reused release may
 * have other platforms too.
 */
type PartOfJob = Pick<ImageEntry, 'key' | 'image' | 'digest' | 'platforms'> & {
  /** That the job released. */
  commit: string;
  status: 'built' | 'unchanged';
};

/**
 * Reads the output `images` of one or several earlier jobs: one after the other, or as a JSON list. Images that were
 * built but not published have no digest and are left out.
 * @returns their images, or what is wrong with the text, a clause
 */
export function readPublishedInput(text: string): PublishedInput | string {
  const documents = readDocuments(text);
  if (documents === undefined) return 'it is not JSON';
  if (documents.length === 0) return 'it is an empty list';
  const entries: ImageEntry[] = [];
  for (const document of documents) {
    const parsed = outputSchema.safeParse(document);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return `${issue?.path.join('.') || 'it'} is not in the form of that output`;
    }
    for (const [key, entry] of Object.entries(parsed.data))
      if (entry.digest !== undefined) entries.push({ key, ...entry, digest: entry.digest });
  }
  const parts = entries.filter(({ pushed }) => pushed === 'by-digest');
  if (parts.length === 0) return readPublished(entries);
  const tagged = entries.find(({ pushed }) => pushed === undefined);
  return tagged === undefined
    ? readParts(parts)
    : `${tagged.key} has tags already, while ${parts[0]!.key} was pushed by digest; use two steps`;
}

/** Undefined: it is no JSON. */
function readDocuments(text: string): unknown[] | undefined {
  const whole = parseJson(text);
  if (whole !== undefined) return Array.isArray(whole) ? (whole as unknown[]) : [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const parsed = lines.map(parseJson);
  return parsed.includes(undefined) ? undefined : parsed;
}

function readPublished(entries: readonly ImageEntry[]): PublishedInput | string {
  const images = new Map<string, PublishedByJob>();
  for (const { key, digest, releaseTag, status, image, tags, platforms, ...entry } of entries) {
    const tag = releaseTag ?? tags[0];
    if (tag === undefined) return `${key} has a digest but no tag`;
    const known = images.get(key);
    if (known !== undefined && known.digest !== digest) return `${key} is in it twice, with different digests`;
    const { fingerprint, builtFrom } = entry;
    const unchanged = status === 'unchanged' ? true : undefined;
    images.set(key, { key, digest, releaseTag: tag, image, tags, platforms, fingerprint, unchanged, builtFrom });
  }
  return { type: 'published', images: [...images.values()] };
}

function readParts(entries: readonly ImageEntry[]): PublishedInput | string {
  const parts: PartOfJob[] = [];
  for (const { key, image, digest, platforms, commit, status } of entries) {
    if (commit === undefined) return `${key} has no commit`;
    if (platforms.length === 0) return `${key} has no platforms`;
    const built = status === 'unchanged' ? 'unchanged' : 'built';
    parts.push({ key, image, digest, platforms, commit, status: built });
  }
  return { type: 'parts', parts };
}
