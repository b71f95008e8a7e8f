import { posix } from 'node:path';
import type { Repository } from '../../found.js';
import { noteReplaced, noteUpdate } from '../findings.js';
import { hasHoles } from '../holes.js';
import { isInside, pathAt } from '../paths.js';
import { leave, type Command } from './session.js';

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** The Kustomization of a folder, by the name that it has. */
export function kustomizationIn({ paths }: Repository, folder: string): string | undefined {
  return NAMES.map((name) => posix.join(folder, name)).find((path) => paths.includes(path));
}

function isKustomization(path: string): boolean {
  return NAMES.includes(posix.basename(path));
}

/**
 * Notes that a command writes a tag into a file. Of a manifest the Kustomization beside it takes the tag over; a file
 * that no Kustomization stands beside is left over.
 * @param path as written
 */
export function noteTagUpdate(command: Command, by: string, path: string): void {
  const { session, call, place } = command;
  const at = pathAt(call.folder, path);
  const [folder, checkout] =
    [...session.checkouts].find(([root]) => root !== '.' && (at === root || at.startsWith(`${root}/`))) ?? [];
  const root = session.checkouts.get('.');
  const inRepository = folder === undefined ? at : posix.relative(folder, at);
  const file = kustomizationFor(command, inRepository, (checkout ?? root?.repository) !== undefined);
  session.touched += 1;
  if (file === undefined || !isInside(file)) {
    leave(
      command,
      `\`${by}\` of ${inRepository}`,
      hasHoles(inRepository)
        ? 'Only a run knows which file that is: name the Kustomization that releases write to under `deploy`.'
        : 'A release writes tags into Kustomizations: add one with `images:` beside it and name that under `deploy`.',
    );
    return;
  }
  const branch = checkout?.branch ?? root?.branch;
  const repository = checkout?.repository ?? (folder === undefined ? root?.repository : undefined);
  const token = (checkout ?? root)?.token;
  noteUpdate(session.findings, {
    place,
    by,
    kustomization: file,
    mode: session.committing.mode,
    events: [session.scenario.event],
    ...(branch !== undefined && { branch }),
    ...(repository !== undefined && { repository }),
    ...(token !== undefined && { token }),
  });
  const isOfKustomization = posix.dirname(file) === inRepository || isKustomization(inRepository);
  const beside = isOfKustomization ? '' : `, in place of ${inRepository}`;
  noteReplaced(session.findings, place, by, `\`deploy\` of image-release.yml${beside}`);
}

function kustomizationFor({ session }: Command, path: string, elsewhere: boolean): string | undefined {
  if (isKustomization(path)) return path;
  // What stands in another repository can't be looked at.
  if (elsewhere)
    return /\.\w+$/.test(posix.basename(path)) ? undefined : posix.join(path, 'kustomization.yaml');
  return (
    kustomizationIn(session.repository, path) ?? kustomizationIn(session.repository, posix.dirname(path))
  );
}
