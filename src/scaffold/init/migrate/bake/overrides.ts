import type { BakeOverlay } from '../../found.js';
import { readPlatforms } from '../build-settings.js';
import { leave, type Command } from '../commands/session.js';
import { noteReplaced } from '../findings.js';
import { hasHoles } from '../holes.js';
import type { BakeReference, BakeRun } from './describe.js';

/** `--set`, and the input `set` of docker/bake-action: https://docs.docker.com/reference/cli/docker/buildx/bake/#set */
export function readOverrides(
  command: Pick<Command, 'session' | 'place'>,
  lines: readonly string[],
): Required<Pick<BakeRun, 'references' | 'overlays'>> {
  const references: BakeReference[] = [];
  const overlays: Record<string, BakeOverlay> = {};
  for (const line of lines) {
    const [, target = '', field = '', name, operator, value = ''] =
      /^([^.]+)\.([\w-]+)(?:\.([\w.-]+))?(\+?=)(.*)$/s.exec(line) ?? [];
    const replaced = (by: string) => noteReplaced(command.session.findings, command.place, `set ${line}`, by);
    if (field === 'tags') references.push({ target, reference: value, isAdded: operator === '+=' });
    const overlay = overlayOf(field, name, value);
    if (['cache-from', 'cache-to'].includes(field)) replaced('`cache`: each target has a scope of its own');
    else if (['tags', 'output', 'push', 'load', 'pull'].includes(field)) replaced('the release');
    else if (field === 'attest')
      leave(
        command,
        `set ${line}`,
        'Write it under `attest`, which is for all images: `provenance` off, min or max, `sbom` off or on.',
      );
    else if (overlay === undefined)
      leave(
        command,
        `set ${line}`,
        `Write \`${field.replace(/^platform$/, 'platforms')}\` under \`images\` for ${target === '*' ? 'each target' : target}: what stands there is laid over the bake file.`,
      );
    else {
      const known = overlays[target] ?? {};
      const args = { ...known.args, ...overlay.args };
      overlays[target] = { ...known, ...overlay, ...(Object.keys(args).length > 0 && { args }) };
      replaced('`images`, which is laid over the bake file');
    }
  }
  return { references, overlays };
}

/** What an override says, where it can be written down. */
function overlayOf(field: string, name: string | undefined, value: string): BakeOverlay | undefined {
  if (hasHoles(value)) return undefined;
  if (field === 'platform' || field === 'platforms') return { platforms: readPlatforms(value) };
  if (field === 'args' && name !== undefined) return { args: { [name]: value } };
  if (field === 'target' && name === undefined) return { target: value };
  return field === 'no-cache' ? { noCache: value === 'true' } : undefined;
}

/** The same for all targets, beside what is said of some. */
export function withAll(
  overlays: Readonly<Record<string, BakeOverlay>>,
  all: BakeOverlay,
): Record<string, BakeOverlay> {
  return Object.keys(all).length === 0 ? overlays : { ...overlays, '*': { ...overlays['*'], ...all } };
}

/** Bake sees paths from where it runs, and a release runs it at the root. */
export function tellFolder(command: Pick<Command, 'session' | 'place'>, folder: string): void {
  if (folder !== '.')
    leave(
      command,
      `the folder ${folder} that bake runs in`,
      'A release runs it at the root of the repository: write `context` under `images` for each target whose path is relative, seen from there.',
    );
}
