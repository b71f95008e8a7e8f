import { ReleaseError, type Problem } from '../lib/errors.js';
import type { FetchedManifest, RegistryClient } from './client.js';
import { MalformedDocument } from './manifest.js';

/** What must stand in the registry before a tag may name it. */
export interface ExpectedImage {
  /** Empty: at least one, whichever. */
  platforms: string[];
  provenance: 'max' | 'min' | 'off';
  sbom: 'on' | 'off';
}

/** What one image is verified against, and where its problems are gathered. */
export interface Check {
  client: RegistryClient;
  image: string;
  expected: ExpectedImage;
  report: (code: Problem['code'], message: string, fix: string) => void;
  /** Takes over what a request failed with. */
  pass: (problems: readonly Problem[]) => void;
}

export const REBUILD = 'Build again without cache (--no-cache), so that everything is pushed anew.';
export const BUILDER =
  'Use a builder that attests (docker-container, or Docker with the containerd image store), or turn it off in `attest`.';

/** Undefined: it isn't there or can't be had, which has been reported. */
export async function fetchManifest(check: Check, digest: string): Promise<FetchedManifest | undefined> {
  return gather(check, async () => {
    const fetched = await check.client.getManifest(check.image, digest);
    if (fetched !== undefined) return fetched;
    const message = `The registry does not serve ${check.image}@${digest}.`;
    check.report('registry/manifest-missing', message, REBUILD);
    return undefined;
  });
}

/**
 * Undefined: it isn't there or can't be had, which has been reported.
 * @param what begins a sentence: `The SBOM of …`
 */
export async function fetchBlob(check: Check, what: string, digest: string): Promise<Buffer | undefined> {
  return gather(check, async () => {
    const bytes = await check.client.getBlob(check.image, digest);
    if (bytes === undefined) reportBlob(check, what);
    return bytes;
  });
}

export async function expectBlob(check: Check, what: string, digest: string): Promise<void> {
  await gather(check, async () => {
    if (!(await check.client.hasBlob(check.image, digest))) reportBlob(check, what);
  });
}

function reportBlob(check: Check, what: string) {
  check.report('registry/blob-missing', `${what} is not in the registry.`, REBUILD);
}

/** Keeps what a request failed with beside the problems found, so that none hides another. */
async function gather<T>(check: Check, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    check.pass(error.problems);
    return undefined;
  }
}

/** Reports a document that `parse` can't make sense of. */
export function readable<T>(check: Check, what: string, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MalformedDocument)) throw error;
    check.report('registry/garbage', `${what} ${error.message}.`, REBUILD);
    return undefined;
  }
}

/** Says once what was found many times: a registry that is down is one problem, not one per image. */
export function mergeProblems(problems: readonly Problem[]): Problem[] {
  const merged = new Map<string, Problem>();
  for (const problem of problems) {
    const same = `${problem.code} ${problem.message}`;
    const known = merged.get(same);
    merged.set(same, known && known.image !== problem.image ? { ...known, image: undefined } : problem);
  }
  return [...merged.values()];
}
