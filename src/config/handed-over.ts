import * as z from 'zod';

/** An image that an earlier job published, as its output `images` hands it over. */
export interface HandedOverImage {
  key: string;
  /** Repository reference without tag. */
  image: string;
  digest: string;
  releaseTag: string;
  tags: string[];
  platforms: string[];
  fingerprint?: string;
  /** The earlier job used a build again that was published before; `builtFrom` is the commit of that build. */
  unchanged?: true;
  builtFrom?: string;
}

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
});

/**
 * Reads the output `images` of an earlier job. Images that were built but not published have no digest
 * and are left out.
 * @returns the images, or a sentence that says what is wrong with the text
 */
export function readHandedOver(text: string): HandedOverImage[] | string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const parsed = z.record(z.string(), imageSchema).safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.') || 'the whole'} is not what that output holds`;
  }
  const published: HandedOverImage[] = [];
  for (const [key, { digest, releaseTag, status, ...image }] of Object.entries(parsed.data)) {
    if (digest === undefined) continue;
    const tag = releaseTag ?? image.tags[0];
    if (tag === undefined) return `${key} has a digest but no tag`;
    const unchanged = status === 'unchanged' && { unchanged: true as const };
    published.push({ key, digest, releaseTag: tag, ...image, ...unchanged });
  }
  return published;
}
