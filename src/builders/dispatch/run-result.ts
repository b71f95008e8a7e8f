import * as z from 'zod';
import { parseJson } from '../../lib/json.js';
import type { LogLine } from './job-log.js';

/**
 * A run reports its result in its log: a line of JSON per image and one for the run, each after this prefix. GitHub's API
 * doesn't return outputs of jobs, artifacts need another action, and annotations are cut at 4,096 characters.
 */
export const RESULT_PREFIX = 'image-release-result';

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
  /** Keys of the images, so that a log that was cut short is noticed. */
  images: z.array(z.string()),
  deployments: z.array(deploymentSchema).default([]),
});

const lineSchema = z.discriminatedUnion('type', [imageSchema, runSchema]);

/** An image that the run made or found, as the output `images` of the Action has it. */
export type RunImage = Omit<z.infer<typeof imageSchema>, 'type' | 'run' | 'attempt'>;
export type RunDeployment = z.infer<typeof deploymentSchema>;
type ResultLine = z.input<typeof lineSchema>;

/** What one job of a run reported. */
export interface RunResult {
  outcome: string;
  images: RunImage[];
  deployments: RunDeployment[];
}

/** Lines that a build prints have a separate prefix, so none of them begins like this. */
export function resultLine(line: ResultLine): string {
  return `${RESULT_PREFIX} ${JSON.stringify(line)}`;
}

/**
 * Reads the results in the log of a job; of several steps of one job all.
 * @param run its id: a log may quote lines of another run
 */
export function readResults(log: readonly LogLine[], run: string): RunResult[] {
  const results: RunResult[] = [];
  let images: RunImage[] = [];
  for (const { text } of log) {
    if (!text.startsWith(`${RESULT_PREFIX} {`)) continue;
    const line = lineSchema.safeParse(parseJson(text.slice(RESULT_PREFIX.length + 1))).data;
    if (line === undefined || line.run !== run) continue;
    if (line.type === 'image') {
      const { type: _, run: __, attempt: ___, ...image } = line;
      images.push(image);
      continue;
    }
    const { outcome, deployments } = line;
    if (line.images.every((key) => images.some((image) => image.key === key)))
      results.push({ outcome, images, deployments });
    images = [];
  }
  return results;
}

/** The results of all jobs together: one may build and another deploy. */
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
    outcome: outcomes.find((outcome) => outcome === 'released' || outcome === 'rolled-out') ?? first.outcome,
    images: [...images.values()],
    deployments: results.flatMap(({ deployments }) => deployments),
  };
}
