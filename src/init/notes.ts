import { posix } from 'node:path';
import { isLoopback } from '../lib/loopback.js';
import { concernsImages, type Workflow } from '../preflight/workflows.js';
import { isNotProduct } from './dockerfiles.js';
import type { Draft, Found, LeftOver, Repository } from './found.js';
import { ownNames } from './image-names.js';
import { topmost, type FoundKustomization } from './kustomizations.js';

export function notesOf(notes: readonly (string | false)[]): string[] {
  return notes.filter((note) => note !== false);
}

/** Two workflows would both publish and deploy. */
export function oldWorkflows(workflows: readonly Workflow[], { replaced, left }: Found): string[] {
  const known = [...replaced, ...left.map(({ place }) => place.file)];
  const others = workflows.filter(
    (workflow) => concernsImages(workflow) && !known.some((text) => text.includes(workflow.file)),
  );
  return notesOf([
    replaced.length > 0 &&
      `Delete ${replaced.join('; ')} in the same commit. Otherwise both workflows publish and deploy.`,
    others.length > 0 &&
      `The proposal doesn't replace these workflows, which have to do with images. Remove what publishes or deploys a second time: ${others.map(({ file }) => file).join(', ')}.`,
  ]);
}

const MOST_ITEMS = 10;

/** One line for each advice, with the places that it is for. */
export function grouped(left: readonly LeftOver[]): string[] {
  return groupsOf(left, ({ advice }) => advice).map(([advice, all]) => {
    const items = groupsOf(all, ({ place }) => place.file).flatMap(([file, each]) => {
      const [first, ...more] = each.map(
        ({ place, what }) => `${place.line === undefined ? '' : `:${place.line}`} ${what}`,
      );
      const shown = [`${file}${first}`, ...more.slice(0, 3)].join(', ');
      return more.length > 3 ? [shown, `${more.length - 3} more there`] : [shown];
    });
    const rest = items.length - MOST_ITEMS;
    return `${items.slice(0, MOST_ITEMS).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}. ${advice}`;
  });
}

function groupsOf<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  const keys = [...new Set(items.map(keyOf))];
  return keys.map((key) => [key, items.filter((item) => keyOf(item) === key)]);
}

/** The step takes one token: for other repositories if some are written to, else for this one. */
export function tokenOf({ updates }: Found): string | undefined {
  const elsewhere = updates.filter(({ repository }) => repository !== undefined);
  const tokens = new Set((elsewhere.length > 0 ? elsewhere : updates).map(({ token }) => token));
  return tokens.size === 1 ? [...tokens][0] : undefined;
}

export function tokenNotes({ deploys, deployToken }: Draft, made: string | undefined): string[] {
  const [elsewhere] = deploys.flatMap(({ repository }) => repository ?? []);
  if (deploys.length === 0 || deployToken !== undefined || (made === undefined && elsewhere === undefined)) return [];
  return [
    made !== undefined
      ? `The old commits to ${elsewhere ?? 'the Kustomization'} are made with ${made}. Put the step that makes it before the release, and pass its output as \`deploy-token\`.`
      : `The workflow commits to ${elsewhere} with the secret DEPLOY_TOKEN. Store one that may write there.`,
  ];
}

export function registryNotes({ registry, attest }: Draft, { name }: Repository, found: Found): string[] {
  const host = registry.split('/')[0]!;
  const others = found.logins.filter((login) => login.host !== host).map((login) => login.host);
  const owner = name?.split('/')[0]?.toLowerCase();
  const secrets = found.images.flatMap((image) =>
    Object.values(image.secrets).flatMap((from) => ('env' in from ? from.env : [])),
  );
  const account = /^docker\.io\/(.+)$/.exec(registry)?.[1];
  const isNew = found.images.length + found.bakes.length === 0;
  const isExample = /(?:^|\.)example(?:\.(?:com|org|net))?(?::\d+)?$|\.(?:invalid|test|local)$/.test(host);
  return notesOf([
    isLoopback(host) &&
      `${registry} is on this machine, and a workflow's runner can't push to it. Change \`registry\`${attest.sbom === 'off' ? ', and remove `sbom: off`,' : ''} before you rely on the workflow.`,
    isExample && `${registry} doesn't exist. Change \`registry\` before you rely on the workflow.`,
    secrets.length > 0 &&
      `The workflow sets the build secrets ${[...new Set(secrets)].join(', ')}. A release from elsewhere needs the same environment.`,
    others.length > 0 &&
      `The release logs in to ${host}. If it pulls from or pushes to ${others.join(', ')}, keep the steps that log in there.`,
    isNew &&
      owner !== undefined &&
      account !== undefined &&
      account !== owner &&
      `Manifests name ${account}/… without a registry, which is an account of Docker Hub. If it is only a placeholder: image-release init --registry ghcr.io/${owner}`,
  ]);
}

/** Why nothing is deployed, and what a user can do about it. */
export function noDeployRemarks(
  kustomizations: readonly FoundKustomization[],
  manifests: readonly string[],
  { name, paths }: Repository,
): string[] {
  const named = topmost(kustomizations).flatMap(({ path, shows, unknown }) => {
    const all = isNotProduct(path) ? [] : [...ownNames(shows, name), ...unknown];
    return all.length === 0 ? [] : `${path} has ${all.join(', ')}`;
  });
  const isChart = (path: string) => posix.basename(path) === 'Chart.yaml' && !isNotProduct(path);
  const charts = paths.filter(isChart).map((path) => posix.dirname(path));
  const [first] = manifests;
  const target = posix.join(posix.dirname(first ?? '.'), 'kustomization.yaml');
  const resources = manifests
    .filter((file) => posix.dirname(file) === posix.dirname(target))
    .map((file) => posix.basename(file));
  return notesOf([
    named.length > 0 &&
      `${named.slice(0, 4).join('; ')}. If that is one of these images: deploy: { kustomization: …, add-missing: { KEY: its name there } }`,
    charts.length > 0 &&
      `${charts.slice(0, 3).join(', ')}: a release doesn't write the values of a Helm chart. Set the tag in a step after the release, with the output \`<key>-ref\`.`,
    first !== undefined &&
      kustomizations.length === 0 &&
      `${manifests.slice(0, 3).join(', ')}: a release writes only Kustomizations. Add ${target} with resources: [${resources.slice(0, 5).join(', ')}], then deploy: { kustomization: ${target}, add-missing: true }`,
  ]);
}
