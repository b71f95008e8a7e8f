import * as z from 'zod';
import type { LogLine } from './job-log.js';

/**
 * How a run tells whoever started it what it made. Outputs of jobs can't be read through GitHub's API, artifacts need
 * rights and an action of their own, annotations are cut at 4,096 characters; logs are whole. So the Action prints a
 * line per image and one for the run, each of them JSON behind this word.
 */
export const RESULT_WORD = 'image-release-result';

const imageSchema = z.object({
  type: z.literal('image'),
  run: z.string(),
  attempt: z.number(),
  key: z.string(),
  image: z.string(),
  digest: z.string().optional(),
  releaseTag: z.string().optional(),
  tags: z.array(z.string()).default([]),
  status: z.string(),
  reason: z.string().optional(),
  platforms: z.array(z.string()).default([]),
  fingerprint: z.string().optional(),
  builtFrom: z.string().optional(),
  sbom: z.array(z.string()).default([]),
  provenance: z.array(z.string()).default([]),
  /** Of the build, where there was one. */
  seconds: z.number().optional(),
  steps: z.object({ total: z.number(), cached: z.number() }).optional(),
});

const deploymentSchema = z.object({
  status: z.string(),
  kustomization: z.string(),
  repository: z.string().optional(),
  branch: z.string().optional(),
  channel: z.string().optional(),
  images: z.array(z.string()).default([]),
  commit: z.string().optional(),
  url: z.string().optional(),
  pullRequest: z.object({ number: z.number(), url: z.string() }).optional(),
});

const runSchema = z.object({
  type: z.literal('run'),
  run: z.string(),
  attempt: z.number(),
  commit: z.string(),
  outcome: z.string(),
  /** Keys of the images that are told, so that a log that was cut short is noticed. */
  images: z.array(z.string()),
  deployments: z.array(deploymentSchema).default([]),
});

const lineSchema = z.discriminatedUnion('type', [imageSchema, runSchema]);

/** An image that the run made or found, as the output `images` of the Action has it. */
export type RunImage = Omit<z.infer<typeof imageSchema>, 'type' | 'run' | 'attempt'>;
export type RunDeployment = z.infer<typeof deploymentSchema>;
type ResultLine = z.input<typeof lineSchema>;

/** What one job of a run has told. */
export interface RunResult {
  commit: string;
  outcome: string;
  images: RunImage[];
  deployments: RunDeployment[];
}

/** A line for the log; it begins with the word, which nothing that a build prints does: that has a prefix. */
export function resultLine(line: ResultLine): string {
  return `${RESULT_WORD} ${JSON.stringify(line)}`;
}

/**
 * Reads what the Action told in the log of a job; of several steps of one job all.
 * @param run whose lines count: a log may quote those of another run
 */
export function readResults(log: readonly LogLine[], run: string): RunResult[] {
  const results: RunResult[] = [];
  let images: RunImage[] = [];
  for (const { text } of log) {
    if (!text.startsWith(`${RESULT_WORD} {`)) continue;
    const line = parse(text.slice(RESULT_WORD.length + 1));
    if (line === undefined || line.run !== run) continue;
    if (line.type === 'image') {
      const { type: _, run: __, attempt: ___, ...image } = line;
      images.push(image);
      continue;
    }
    const told = images;
    if (line.images.every((key) => told.some((image) => image.key === key)))
      results.push({
        commit: line.commit,
        outcome: line.outcome,
        images: told,
        deployments: line.deployments,
      });
    images = [];
  }
  return results;
}

/** What all jobs told, together: one may build and another deploy. */
export function mergeResults(results: readonly RunResult[]): RunResult | undefined {
  const [first] = results;
  if (first === undefined) return undefined;
  const images = new Map<string, RunImage>();
  for (const image of results.flatMap((result) => result.images)) {
    const known = images.get(image.key);
    // A job that deploys what another has built knows less of it.
    if (known === undefined || (image.digest !== undefined && known.digest !== image.digest))
      images.set(image.key, image);
    else if (image.status === 'superseded') images.set(image.key, { ...known, status: image.status });
  }
  const outcomes = results.map(({ outcome }) => outcome);
  return {
    commit: first.commit,
    outcome: outcomes.find((outcome) => outcome === 'released' || outcome === 'rolled-out') ?? first.outcome,
    images: [...images.values()],
    deployments: results.flatMap(({ deployments }) => deployments),
  };
}

function parse(text: string) {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
