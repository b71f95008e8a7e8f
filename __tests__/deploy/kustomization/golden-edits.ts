import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { formatPlace } from '../../../src/lib/errors.js';
import { bytesOf, problemsOf } from './fixtures.js';

export function edit(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string {
  const edits = specs.map(parseImageSpec);
  const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits, missing });
  if (result.status === 'unchanged') throw new Error('unchanged');
  return Buffer.from(result.bytes).toString('utf8');
}

/** `code file:line:column` of every problem. */
export function refusal(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string[] {
  return problemsOf(() => edit(text, specs, missing)).map(({ code, place }) =>
    [code, place && formatPlace(place)].filter(Boolean).join(' '),
  );
}

export const LIST = 'images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n';
