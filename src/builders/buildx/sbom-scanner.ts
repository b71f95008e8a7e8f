import { DEFAULT_SCANNER, type PlannedImage } from '../../plan/plan.js';
import { parseReference } from '../../plan/references.js';
import type { Adjustment } from './attempts.js';
import type { FailureHint } from './failure-hints.js';

/**
 * What BuildKit says when it can't have the scanner of one of these images. It asks for the scanner before the first
 * step of the Dockerfile, and for its layers after the last one. A scanner that runs and fails is a failed step.
 */
export function scannerHints(images: readonly PlannedImage[]): FailureHint[] {
  const used = images
    .filter(({ status }) => status === 'build')
    .flatMap((image) => repositoryOf(image) ?? []);
  if (used.length === 0) return [];
  const scanner = String.raw`((?:${used.map(escapePattern).join('|')})[:@]\S*)`;
  return [
    // A Dockerfile's frontend (`# syntax=`) is asked for by the same words, so the name decides.
    [String.raw`^resolve image config for (?:docker-image://)?${scanner}\n(?:\1: )?(.*)`, 'step'] as const,
    // A blob that is not there may be one of the build cache, whose hint follows.
    [
      String.raw`^\[[^\]]*\] generating sbom using ${scanner}\n.*httpReadSeeker: failed open: (?!could not fetch content descriptor)(.*)`,
      'step',
    ] as const,
    [String.raw`failed to solve: failed to resolve source metadata for ${scanner}: (.*)`, 'error'] as const,
  ].map(([pattern, within]) => ({
    code: 'build/sbom-scanner',
    within,
    pattern: new RegExp(pattern),
    cause: ([, name, reason]) => `the SBOM scanner ${name} can't be had: ${reason}`,
    fix: 'Name a copy that the builder can pull in `attest.scanner`, or log in to its registry; with `attest.sbom: best-effort` images are published without an SBOM where the scanner can not be had, with `off` always.',
    shared: used.length > 1,
  }));
}

/** Builds without an SBOM what may go without one; that is nothing where the scanner is another image's. */
export const withoutScanner: Adjustment = (images, problems) => {
  const concerned = images.filter(
    ({ status, attest }) => status === 'build' && attest.sbom !== 'off' && attest.sbom.optional,
  );
  if (concerned.length === 0) return undefined;
  const keys = concerned.map(({ key }) => key);
  return {
    images: images.map((image) =>
      keys.includes(image.key) ? { ...image, attest: { ...image.attest, sbom: 'off' } } : image,
    ),
    warning: {
      code: 'build/sbom-scanner',
      severity: 'warning',
      message: `The SBOM scanner can't be had, so ${keys.join(', ')} ${keys.length === 1 ? 'has' : 'have'} no SBOM.`,
      fix: 'Name a copy that the builder can pull in `attest.scanner`; an image gets its SBOM when it is built again.',
      ...(keys.length === 1 && { image: keys[0] }),
      detail: problems.map(({ message }) => message).join('\n'),
    },
  };
};

/** As BuildKit spells it: host and repository in full. */
function repositoryOf({ attest }: PlannedImage): string | undefined {
  if (attest.sbom === 'off') return undefined;
  const reference = parseReference(attest.sbom.scanner ?? DEFAULT_SCANNER);
  return reference && `${reference.host}/${reference.repository}`;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
