import { problem, ReleaseError, type Problem, type ProblemDraft } from '../lib/errors.js';
import type { FetchedManifest, RegistryClient } from './client.js';
import { MalformedDocument } from './manifest.js';

/** The contents that an image must have before a tag may name it. */
export interface ExpectedImage {
  /** Empty: at least one, whichever. */
  platforms: string[];
  provenance: 'max' | 'min' | 'off';
  sbom: 'on' | 'off';
}

/** One image under verification: reads that gather everything that is wrong instead of throwing. */
export interface Check {
  client: RegistryClient;
  image: string;
  expected: ExpectedImage;
  problems: Problem[];
  report(draft: ProblemDraft): undefined;
}

export function createCheck(client: RegistryClient, key: string, image: string, expected: ExpectedImage): Check {
  const problems: Problem[] = [];
  const report = (draft: ProblemDraft) => {
    problems.push(problem({ ...draft, image: key }));
    return undefined;
  };
  return { client, image, expected, problems, report };
}

/** Reads a document by its digest. Undefined: it isn't there or can't be read, which has been reported. */
export function readManifest<T>(
  check: Check,
  digest: string,
  parse: (bytes: Buffer) => T,
  name = `${check.image}@${digest}`,
): Promise<{ fetched: FetchedManifest; content: T } | undefined> {
  return gather(check, name, async () => {
    const fetched = await check.client.getManifest(check.image, digest);
    if (fetched !== undefined) return { fetched, content: parse(fetched.bytes) };
    const message = `The registry does not serve ${check.image}@${digest}.`;
    return check.report({ code: 'registry/incomplete', message });
  });
}

/** The same for a blob. @param name begins a sentence: `The SBOM of …` */
export function readBlob<T>(check: Check, name: string, digest: string, parse: (bytes: Buffer) => T) {
  return gather(check, name, async () => {
    const bytes = await check.client.getBlob(check.image, digest);
    return bytes === undefined ? reportBlob(check, name) : parse(bytes);
  });
}

export async function expectBlob(check: Check, name: string, digest: string): Promise<void> {
  await gather(check, name, async () => {
    if (!(await check.client.hasBlob(check.image, digest))) reportBlob(check, name);
  });
}

function reportBlob(check: Check, name: string): undefined {
  return check.report({ code: 'registry/incomplete', message: `${name} is not in the registry.` });
}

/** Keeps a failure with the problems found, so that none hides another. */
async function gather<T>(check: Check, name: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MalformedDocument)
      return check.report({ code: 'registry/garbage', message: `${name} ${error.message}.` });
    if (!(error instanceof ReleaseError)) throw error;
    error.problems.forEach(check.report);
    return undefined;
  }
}

/** Reports a problem of several images once: a registry that is down is one problem, not one per image. */
export function mergeProblems(problems: readonly Problem[]): Problem[] {
  const merged = new Map<string, Problem>();
  for (const problem of problems) {
    const same = `${problem.code} ${problem.message}`;
    const known = merged.get(same);
    merged.set(same, known && known.image !== problem.image ? { ...known, image: undefined } : problem);
  }
  return [...merged.values()];
}

/**
 * Checks before anything is built whether the registry can be reached, accepts the login, and lets it push each image.
 * Lists everything that is wrong; a problem of the registry as a whole is listed once.
 * @throws Cancelled
 */
export async function checkRegistry(client: RegistryClient, images: readonly { key: string; image: string }[]) {
  const found = images.map(({ key, image }) =>
    client.checkPush(image).then(
      () => [],
      (error: unknown) => problemsIn(error, key),
    ),
  );
  return mergeProblems((await Promise.all(found)).flat());
}

/** The problems of a failure as those of an image. @throws any other error */
export function problemsIn(error: unknown, image: string): Problem[] {
  if (!(error instanceof ReleaseError)) throw error;
  return error.problems.map((found) => ({ ...found, image }));
}
