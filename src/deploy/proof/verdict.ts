import { posix } from 'node:path';
import type { Place, Problem } from '../../lib/errors.js';
import type { Closure, KnownFiles, Need } from './closure.js';

const MOST_LINES = 12;

export interface FailedBuild {
  /** As a person would type it, with the folder. */
  command: string;
  /** The edited Kustomization. */
  edited: string;
  words: string;
  /** Whether it failed in the same words before the edit. */
  before: 'the same' | 'otherwise';
}

/** A build that failed for what the Kustomization says. */
export function rejected(known: KnownFiles, closure: Closure, build: FailedBuild): Problem {
  const cause = build.before === 'the same' ? ' It did not build before the edit either.' : '';
  const through = closure.start === build.edited ? '' : `, which includes ${build.edited}`;
  return {
    code: 'deploy/kustomize-rejects',
    severity: 'error',
    message: `${build.command} does not accept ${closure.start}${through}: ${firstLine(build.words)}.${cause}`,
    fix:
      build.before === 'the same'
        ? 'Correct the Kustomization first: no controller can roll it out as it stands.'
        : "Correct what kustomize's message names; nothing was committed.",
    place: placeOf(known, closure, build.words) ?? { file: closure.start },
    detail: cutShort(build.words),
  };
}

/** Resources that are not in the repository: what every build would fail for. */
export function lostResources(closure: Closure): Problem[] {
  return closure.absent
    .filter(({ reference }) => ['resources', 'bases', 'components'].includes(reference.field))
    .map(({ path, reference: { text, line } }) => ({
      code: 'deploy/kustomize-rejects',
      severity: 'error',
      message: `${path} names ${text}, which is not in the repository, so it can not be built.`,
      fix: 'Commit what it names, or correct the path.',
      place: { file: path, line },
    }));
}

/** A Kustomization whose build needs what the repository does not hold. */
export function unproved(closure: Closure, needs: readonly Need[], words?: string): Problem {
  const [first] = needs;
  return {
    code: 'deploy/kustomize-unproved',
    severity: 'warning',
    message: `${closure.start} could not be built here, because it needs ${namesOf(needs)}; the edit was only checked against the files of the repository.`,
    fix: 'Look at the rollout, or keep a copy of what it needs in the repository.',
    place: first && { file: first.path, line: first.line },
    ...(words !== undefined && { detail: cutShort(words) }),
  };
}

/** An image that our own reading did not find, where part of what is built could not be read. */
export function unseen(problem: Problem, gaps: readonly Need[]): Problem {
  return {
    ...problem,
    code: 'deploy/kustomize-unproved',
    severity: 'warning',
    fix: `It may be otherwise by ${namesOf(gaps)}, which could not be read here: look at the rollout.`,
  };
}

/** Where the program's words point to; failing that, a path in a Kustomization that leads to nothing. */
function placeOf(known: KnownFiles, closure: Closure, words: string): Place | undefined {
  const named = /in File: (\S+)/.exec(words)?.[1];
  const line = Number(/yaml: line (\d+)/.exec(words)?.[1]);
  if (named !== undefined) {
    const files = [...closure.paths].filter((path) =>
      [...closure.kustomizations.keys()].some((folder) => path === posix.join(folder, named)),
    );
    if (files.length === 1) return { file: files[0]!, line: line || undefined };
  }
  const lost = closure.absent.find(({ reference }) => words.includes(reference.text));
  if (lost) return { file: lost.path, line: lost.reference.line };
  const several = [...closure.kustomizations.keys()].find(
    (folder) => known.paths.kustomizationsOf(folder).length > 1,
  );
  return several === undefined ? undefined : { file: closure.kustomizations.get(several)!.path };
}

/** The last and innermost part of a chain of errors is mostly what matters, but the first line holds it all. */
function firstLine(words: string): string {
  const line = words.split('\n').find((text) => text.trim() !== '') ?? 'no message';
  const text = line.replace(/^error: /i, '').replace(/[.:\s]+$/, '');
  return text.length > 300 ? `${text.slice(0, 300)} …` : text;
}

function cutShort(words: string): string | undefined {
  const lines = words.split('\n');
  const shown = lines.slice(0, MOST_LINES);
  if (lines.length <= 1) return undefined;
  return (lines.length > MOST_LINES ? [...shown, '…'] : shown).join('\n');
}

/** It builds, but not under the rules that kustomize has by default. */
export function unrestricted(closure: Closure, warning: string): Problem {
  return {
    code: 'deploy/kustomize-unrestricted',
    severity: 'warning',
    message: `${closure.start} ${warning}.`,
    fix: 'Flux builds it like that; for Argo CD set kustomize.buildOptions in argocd-cm, or move the files.',
    place: { file: closure.start },
  };
}

/** A Component that nobody uses. */
export function notIncluded(path: string): Problem {
  return {
    code: 'deploy/kustomize-unproved',
    severity: 'warning',
    message: `${path} is a Component, and no Kustomization of the repository includes it: it builds to nothing that could be checked.`,
    fix: 'Add it to the components of a Kustomization, or deploy to a Kustomization.',
    place: { file: path },
  };
}

/** A list of images without anything that has an image. */
export function nothingToBuild(path: string): Problem {
  return {
    code: 'deploy/kustomize-unproved',
    severity: 'warning',
    message: `${path} names no resources, so it builds to nothing that could be checked.`,
    fix: 'List the manifests that it deploys under `resources`; without any a controller rolls nothing out.',
    place: { file: path },
  };
}

/** Neither program is there. */
export function programMissing(): Problem {
  return {
    code: 'deploy/kustomize-missing',
    severity: 'warning',
    message:
      'Neither kustomize nor kubectl is on PATH, so the edit was only checked by reading the files: nobody has built it.',
    fix: 'Install kustomize: https://kubectl.docs.kubernetes.io/installation/kustomize/ (GitHub-hosted runners have it).',
  };
}

function namesOf(needs: readonly Need[]): string {
  return [...new Set(needs.map(({ what }) => what))].join(', ');
}
