import { objectType, resolveRevision } from './objects.js';
import { readRef } from './refs.js';
import type { Call } from './route.js';

/**
 * The commit that a name in a request means: an object id, a branch, a tag, or a ref (`heads/x`, `refs/heads/x`).
 * Undefined when there is none.
 */
export async function resolveCommit(call: Pick<Call, 'repository' | 'view'>, name: string) {
  const { dir } = call.repository;
  if (/^[0-9a-f]{7,40}$/.test(name)) {
    const found = await resolveRevision(dir, `${name}^{commit}`);
    if (found && (await objectType(dir, found)) === 'commit') return found;
  }
  for (const full of [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`, name]) {
    const ref = full.startsWith('refs/') ? await readRef(dir, full, call.view) : undefined;
    if (ref) return resolveRevision(dir, `${ref.oid}^{commit}`);
  }
  return undefined;
}
