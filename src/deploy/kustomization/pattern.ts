import { posix } from 'node:path';
import { runInNewContext } from 'node:vm';
import picomatch from 'picomatch/posix.js';

/** What `kustomize build` looks for in a folder; more than one of them is an error there. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** `*`, `?`, `[…]`, `{…}`, and brackets of extended patterns such as `+(a|b)`. */
export function isPattern(configured: string): boolean {
  return /[*?[{]|[!@+]\(/.test(configured);
}

/**
 * The Kustomizations that a pattern means: files of the names that kustomize looks for which match, by
 * themselves or by their folder; files of other names only where the last part of the pattern spells a name
 * out (`{api,web}/images.yaml`, `kustomization-*.yml`), since `*` reaches manifests as well.
 * @returns undefined: it would take too long, as with many wildcards in one part (`*a*a*a*a*b`)
 */
export function matchPattern(pattern: string, paths: readonly string[]): string[] | undefined {
  const matches = picomatch(pattern, { nonegate: true });
  const last = posix.basename(pattern);
  const spelled = /\.ya?ml[})]?$/i.test(last) && (/^kustomization/i.test(last) || !/[*?]/.test(last));
  const filter = () =>
    paths
      .filter((path) =>
        KUSTOMIZATION_NAMES.includes(posix.basename(path))
          ? matches(path) || matches(posix.dirname(path))
          : spelled && /\.ya?ml$/i.test(path) && matches(path),
      )
      .sort();
  try {
    // Nothing else ends a regular expression that tries every split of a path.
    return runInNewContext('filter()', { filter }, { timeout: LONGEST_MS }) as string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

/** A hundred thousand paths take a tenth of it. */
const LONGEST_MS = 2000;
