import type { Place } from '../../lib/errors.js';

/** One image that a GitOps controller is told to put in place of what the Kustomization says. */
export interface Override {
  /** Who says so, as a subject: `the Argo CD Application acme`. */
  by: string;
  /** The key that holds it, such as `spec.images`. */
  field: string;
  /** As it is written: `api:latest`. */
  written: string;
  place: Place;
  /** The image that is replaced: an entry's name, or what the manifests name. */
  image: string;
  /** Where it comes in the list if the Kustomization has no entry of that name; entries work one after another. */
  joins: 'sorted' | 'last';
  /** What decides whether it concerns a Kustomization; undefined where nothing is said. */
  folder: string;
  repository?: string;
  revision?: string;
  /** `possible` where it depends on something that the files don't tell. */
  effect: 'certain' | 'possible';
}

/** `{{path}}` of an ApplicationSet and `${path}` of Flux are filled in elsewhere. */
const TEMPLATE = /(?:\{\{.*?\}\}|\$\{.*?\})+/g;

/** Whether a text that may hold templates can become `value`, or is it already. */
export function fits(written: string, value: string): 'same' | 'possible' | 'other' {
  const parts = written.split(TEMPLATE);
  if (parts.length === 1) return written === value ? 'same' : 'other';
  const pattern = parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`, 's').test(value) ? 'possible' : 'other';
}

/** Name, tag and digest of a reference; a colon before a slash belongs to the registry's port. */
export function splitReference(reference: string): { name: string; tag?: string; digest?: string } {
  const [, name = '', tag, digest] = /^(.*?)(?::([^:/@]*))?(?:@(.*))?$/s.exec(reference) ?? [];
  return { name, tag, digest };
}

/** The last two parts of a repository's path, by whatever protocol it is reached. */
export function ownerAndName(repository: string): string {
  const parts = repository
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split(/[/:]/);
  return parts.slice(-2).join('/').toLowerCase();
}
