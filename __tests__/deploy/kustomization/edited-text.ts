import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { bytesOf, problemsOf } from './fixtures.js';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER = `sha256:${'1'.repeat(64)}`;

export function edit(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  return editKustomization({ path: 'k.yaml', bytes, edits: specs.map(parseImageSpec), missing });
}

export function edited(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string {
  const result = edit(text, specs, missing);
  return result.status === 'changed' ? Buffer.from(result.bytes).toString() : text;
}

export function refusal(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  return problemsOf(() => edit(text, specs, missing)).map(({ code, place }) =>
    [code, place?.line, place?.column].filter((part) => part !== undefined).join(':'),
  );
}
