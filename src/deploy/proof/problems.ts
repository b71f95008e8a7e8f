import { problem, type Problem, warning } from '../../lib/errors.js';
import type { Closure, Need } from './closure.js';

/** A build that failed because of the Kustomization's own content. `edited`: the Kustomization that was edited. */
export function rejected(closure: Closure, edited: string, command: string, output: string): Problem {
  const through = closure.start === edited ? '' : `, which includes ${edited}`;
  const lost = closure.absent.find(({ reference }) => output.includes(reference.text));
  return problem({
    code: 'deploy/kustomize-rejects',
    message: `${command} fails for ${closure.start}${through}: ${firstLine(output)}.`,
    place: lost ? { file: lost.path, line: lost.reference.line } : { file: closure.start },
    detail: shorten(output),
  });
}

export function lostResources(closure: Closure): Problem[] {
  return closure.absent
    .filter(({ reference }) => ['resources', 'bases', 'components'].includes(reference.field))
    .map(({ path, reference: { text, line } }) =>
      problem({
        code: 'deploy/kustomize-rejects',
        message: `${path} names ${text}, which is not in the repository, so it can't be built.`,
        fix: 'Commit the file or folder, or correct the path.',
        place: { file: path, line },
      }),
    );
}

/** A Kustomization whose build needs something from outside of the repository. */
export function unproved(closure: Closure, output: string): Problem {
  const [first] = closure.needs;
  return warning({
    code: 'deploy/kustomize-unproved',
    message: `${closure.start} couldn't be built here, because it needs ${namesOf(closure.needs)}; only the names of its images were checked.`,
    place: first && { file: first.path, line: first.line },
    detail: shorten(output),
  });
}

/** An image that wasn't found, while a part of the build couldn't be read. */
export function uncertain(found: Problem, gaps: readonly Need[]): Problem {
  return {
    ...found,
    code: 'deploy/kustomize-unproved',
    severity: 'warning',
    fix: `Look at the rollout: ${namesOf(gaps)} may change this, and couldn't be read here.`,
  };
}

/** It builds, but not under the rules that kustomize has by default. */
export function unrestricted(closure: Closure): Problem {
  return warning({
    code: 'deploy/kustomize-unrestricted',
    message: `${closure.start} reads files outside of its own folder, so it builds only with --load-restrictor LoadRestrictionsNone.`,
    place: { file: closure.start },
  });
}

export function notIncluded(path: string): Problem {
  return warning({
    code: 'deploy/kustomize-unproved',
    message: `${path} is a Component, and no Kustomization of the repository includes it, so nothing was checked.`,
    fix: 'Add it to the components of a Kustomization, or deploy to a Kustomization.',
    place: { file: path },
  });
}

/** A list of images without anything that has an image. */
export function nothingToBuild(path: string): Problem {
  return warning({
    code: 'deploy/kustomize-unproved',
    message: `${path} names no resources, so nothing was checked.`,
    fix: 'List the manifests that it deploys under `resources`; without any a controller rolls nothing out.',
    place: { file: path },
  });
}

export function programMissing(): Problem {
  return warning({
    code: 'deploy/kustomize-unproved',
    message: 'Neither kustomize nor kubectl is on PATH, so nothing was built; only the names of images were checked.',
    fix: 'Install kustomize: https://kubectl.docs.kubernetes.io/installation/kustomize/ (GitHub-hosted runners have it).',
  });
}

function namesOf(needs: readonly Need[]): string {
  return [...new Set(needs.map(({ what }) => what))].join(', ');
}

/** The first line has the whole chain of errors. */
function firstLine(output: string): string {
  const line = output.split('\n').find((text) => text.trim() !== '') ?? 'no message';
  const text = line.replace(/^error: /i, '').replace(/[.:\s]+$/, '');
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}

const MOST_LINES = 12;

function shorten(output: string): string | undefined {
  const lines = output.split('\n');
  if (lines.length <= 1) return undefined;
  return (lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…'] : lines).join('\n');
}
