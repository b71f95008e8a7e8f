import { parseAllDocuments } from 'yaml';
import { fieldOf } from './kustomization-file.js';

/**
 * The kind of a generator or transformer that is not built into kustomize: it needs a program beside it, and
 * flags that allow to run it. Undefined when all of them are built in.
 */
export function foreignPlugin(yaml: string): string | undefined {
  const documents = parseAllDocuments(yaml, { schema: 'failsafe', strict: false, logLevel: 'silent' });
  for (const document of Array.isArray(documents) ? documents : []) {
    const data: unknown = document.toJS({ maxAliasCount: -1 });
    const version = fieldOf(data, 'apiVersion');
    const kind = fieldOf(data, 'kind');
    if (typeof version === 'string' && version !== 'builtin')
      return typeof kind === 'string' ? kind : version;
  }
  return undefined;
}
