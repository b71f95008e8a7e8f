import type { Problem } from '../lib/errors.js';
import type { ImageScene } from './scene.js';

/** What concerns the configuration stays: these never depend on the text of a Dockerfile alone. */
const ALWAYS_TOLD = /^preflight\/missing-/;

/**
 * Whether the Dockerfile of the image asks not to be told of it, as BuildKit's own checks are silenced:
 * `# check=skip=preflight/runs-as-root,JSONArgsRecommended`, or `skip=all`.
 * https://docs.docker.com/reference/dockerfile/#check
 */
export function silenced({ code, image }: Problem, images: readonly ImageScene[]): boolean {
  if (image === undefined || ALWAYS_TOLD.test(code)) return false;
  const text = images.find((scene) => scene.image.key === image)?.files?.dockerfile ?? '';
  const skipped = skippedChecks(text);
  return skipped.includes('all') || skipped.includes(code);
}

/** Names after `skip=` in the directive `# check=` at the top of a Dockerfile. */
export function skippedChecks(dockerfile: string): string[] {
  for (const line of dockerfile.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const directive = /^\s*#\s*([a-z][a-z0-9]*)\s*=\s*(.*?)\s*$/i.exec(line);
    if (!directive) return [];
    if (directive[1]!.toLowerCase() !== 'check') continue;
    const skip = directive[2]!.split(';').find((part) => /^\s*skip\s*=/i.test(part)) ?? '';
    return skip
      .replace(/^[^=]*=/, '')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
  }
  return [];
}
