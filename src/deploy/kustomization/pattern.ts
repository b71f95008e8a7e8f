import { posix } from 'node:path';
import picomatch from 'picomatch/posix.js';
import { withinTime } from '../../lib/bounded.js';

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
  return withinTime(LONGEST_MS, filter)?.value;
}

/** A hundred thousand paths take a tenth of it. */
const LONGEST_MS = 2000;
