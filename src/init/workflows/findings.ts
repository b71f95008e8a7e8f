import { posix } from 'node:path';
import type { Place } from '../../lib/errors.js';
import type { BuildOptions, Found, FoundBake, FoundEvent, FoundImage, FoundUpdate, Recipe } from '../found.js';
import { WORKSPACE } from './events.js';
import { splitOutside } from './placeholders.js';

/** Inputs of docker/metadata-action, with everything known filled in. */
export interface Metadata extends Pick<Recipe, 'labels' | 'annotations'> {
  id: string;
  images: string[];
  rules: string[];
  flavor: string[];
}

export interface Left {
  place: Place;
  what: string;
  advice: Advice;
}

/** One build of one event; texts may have placeholders. */
export interface Build extends Recipe, BuildOptions, Pick<FoundImage, 'place' | 'key'> {
  by: string;
  event: FoundEvent;
  ref: string;
  /** Like after `-t`: repository, or repository and tag. */
  references: string[];
  metadata?: Metadata;
  /** `by-digest`: a later job gives the tags. */
  published: 'yes' | 'no' | 'by-digest';
  left: Left[];
}

/** A run of a bake or compose file in one event. */
export interface BakeRun
  extends
    Pick<FoundBake, 'files' | 'targets'>,
    Pick<Build, 'place' | 'event' | 'ref' | 'published' | 'metadata' | 'left'> {
  environment: Record<string, string>;
}

export interface Findings extends Pick<
  Found,
  'updates' | 'logins' | 'keptLogins' | 'environment' | 'sign' | 'emulation'
> {
  builds: Build[];
  bakes: BakeRun[];
  left: Left[];
  followed: string[];
  /** Jobs; of a workflow that was read, the workflow with its jobs. */
  replaced: string[];
}

export const publishedIn = ({ builds, bakes, updates }: Findings) =>
  [...builds, ...bakes].filter(({ published }) => published !== 'no').length + updates.length;

export function noFindings(): Findings {
  return {
    ...{ builds: [], bakes: [], updates: [], logins: [], keptLogins: [], environment: {}, left: [] },
    ...{ followed: [], replaced: [] },
  };
}

/** What a user does about an item; items with the same advice share a line. */
export const ADVICE = {
  unread:
    "image-release doesn't read this. Compare its names, tags and arguments with the proposal, and remove what publishes or deploys a second time.",
  stays: 'The proposed workflow has no such steps. Keep those that a release needs, before or after it.',
  assumed: 'It counts as true. If it matters, add the condition to the job that releases.',
  cluster:
    'A release deploys by a commit that Argo CD or Flux follows. Keep this in a step after it, with the output `<key>-ref`.',
  commits: 'A release commits only to Kustomizations. Keep this in a step after it, with the output `<key>-ref`.',
  before: 'Keep this step before the release, which uses the same login and builder.',
  checkout: 'Write it at the checkout of the proposed workflow.',
  value:
    'Only a run knows the value, or it is the value of a variable or a secret. Write it under the image, or name a secret of the repository under `secrets`.',
  name: 'Only a run knows a part of the name. If it is on `registry.invalid`, write the right registry.',
  elsewhere:
    "It is built from another place than this repository, or its Dockerfile is not in git, so the proposal doesn't have it.",
  unknown: 'Only a run knows what it builds. Write its images under `images`, and compare names and tags.',
  tag: 'The tag differs, or only a run knows it. Compare `tags`; docs/tags.md lists the rules that exist.',
  setting: 'The configuration has no such key. A bake file may have it.',
  one: 'A release has one value for all events and images. Compare it.',
  some: 'A release publishes all images of all pushes, and none of pull requests. The inputs `images` and `push` of the step change that.',
  bake: 'A release takes the file as it is, except for its tags. Write settings under `bake` or in `env` of the step that releases, and tags under `tags`.',
  runner: 'The proposed workflow runs on `ubuntu-latest`. If the build needs another runner, write it at the job.',
  gate: "The release doesn't. Write `needs` or `environment` at its job; `needs` works only within one workflow.",
  inputs: 'The proposed workflow has other inputs. Add these, and pass them on to the step.',
  released: 'The proposed workflow starts when the tag is pushed.',
  branch:
    'A release of the default branch or a tag deploys. Give other branches an `image-release.yml` that names their Kustomization.',
} as const;

export type Advice = keyof typeof ADVICE;

export function noteLeft(left: Left[], place: Place, what: string, advice: Advice): void {
  const text = what.replace(/\s+/g, ' ');
  const isKnown = (each: Left) => each.what === text && each.advice === advice && each.place.file === place.file;
  if (!left.some(isKnown)) left.push({ place, what: text, advice });
}

export function noteUpdate({ updates }: Findings, update: FoundUpdate): void {
  const known = updates.find(
    (each) => each.kustomization === update.kustomization && each.repository === update.repository,
  );
  if (known === undefined) updates.push(update);
  else known.events = [...new Set([...known.events, ...update.events])];
}

/** Adds the findings of another event, or of another workflow. */
export function addFindings(all: Findings, more: Findings): void {
  for (const name of ['builds', 'bakes', 'followed', 'replaced'] as const) (all[name] as unknown[]).push(...more[name]);
  for (const update of more.updates) noteUpdate(all, update);
  all.logins.push(...more.logins.filter(({ host }) => !all.logins.some((login) => login.host === host)));
  all.keptLogins = [...new Set([...all.keptLogins, ...more.keptLogins])];
  Object.assign(all.environment, more.environment);
  all.sign ??= more.sign;
  all.emulation ??= more.emulation;
  for (const { place, what, advice } of more.left) noteLeft(all.left, place, what, advice);
}

export function bareRecipe(context: string, dockerfile: string): Recipe {
  const nothing = { args: {}, secrets: {}, platforms: [], contexts: {}, labels: {}, annotations: {} };
  return { context, dockerfile, ...nothing, noCache: false };
}

/** Takes `host:5000/a/b:tag@digest` apart, with placeholders or without. */
export function splitReference(reference: string): { repository: string; tag?: string } {
  const [name = ''] = splitOutside(reference.trim(), /@/);
  const parts = splitOutside(name, /:/);
  const last = parts.at(-1)!;
  if (parts.length < 2 || splitOutside(last, /\//).length > 1) return { repository: name };
  return { repository: parts.slice(0, -1).join(':'), tag: last };
}

/** Without a tag it is the one called `latest`. */
export function fullReference(reference: string): string {
  const { repository, tag = 'latest' } = splitReference(reference);
  return `${repository}:${tag}`;
}

/** A path that is written in `folder`, from the root of the repository; one outside is absolute, or begins with `..`. */
export function pathAt(folder: string, path: string): string {
  const inWorkspace = path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
  if (path.startsWith('/') && !inWorkspace) return posix.normalize(path);
  const joined = inWorkspace ? path.slice(WORKSPACE.length + 1) : posix.join(folder, path);
  return posix.normalize(joined === '' ? '.' : joined).replace(/(?<=.)\/$/, '');
}

export function isInside(path: string): boolean {
  return !path.startsWith('/') && path !== '..' && !path.startsWith('../') && !path.includes('${{');
}
