import { findOverrides } from '../deploy/overrides/overrides.js';
import { isLoopback } from '../lib/loopback.js';
import { concernsImages, type Workflow } from '../preflight/workflows.js';
import type { ChosenDeploy } from './draft-deploys.js';
import type { Draft } from './draft.js';
import type { Found, LeftOver, Repository } from './found.js';
import { isSameImage } from './image-matches.js';

/** Two workflows would both publish, and both deploy. */
export function oldWorkflows(workflows: readonly Workflow[], { replaced, left }: Found): string[] {
  const others = workflows.filter(
    (workflow) =>
      concernsImages(workflow) &&
      ![...replaced, ...left.map(({ place }) => place.file)].some((text) => text.includes(workflow.file)),
  );
  return [
    ...(replaced.length === 0
      ? []
      : [
          `Delete in the same commit, except for steps below that you keep, or both would publish and deploy: ${replaced.join('; ')}.`,
        ]),
    ...(others.length === 0
      ? []
      : [`These workflows build images, too, and stay: ${others.map(({ file }) => file).join(', ')}.`]),
  ];
}

const MOST_ITEMS = 10;

/** One line for each advice, with the places that it is for. */
export function grouped(left: readonly LeftOver[]): string[] {
  const groups = new Map<string, Map<string, string[]>>();
  for (const { place, what, advice } of left) {
    const files = groups.get(advice) ?? new Map<string, string[]>();
    const line = place.line === undefined ? '' : `:${place.line}`;
    const items = files.get(place.file) ?? [];
    files.set(place.file, [...items, `${items.length === 0 ? place.file : ''}${line} ${what}`]);
    groups.set(advice, files);
  }
  return [...groups].map(([advice, files]) => {
    const items = [...files.values()].flatMap((each) => [
      each.slice(0, 4).join(', '),
      ...(each.length > 4 ? [`${each.length - 4} more there`] : []),
    ]);
    const more = items.length - MOST_ITEMS;
    return `${items.slice(0, MOST_ITEMS).join('; ')}${more > 0 ? `; and ${more} more` : ''}. ${advice}`;
  });
}

/** The step takes one token: for other repositories if some are written to, else for this one. */
function tokenOf({ updates }: Found): string | undefined {
  const elsewhere = updates.filter(({ repository }) => repository !== undefined);
  const tokens = new Set((elsewhere.length > 0 ? elsewhere : updates).map(({ token }) => token));
  return tokens.size === 1 ? [...tokens][0] : undefined;
}

export function deployTokenOf(found: Found): Pick<Draft, 'deployToken'> {
  const token = tokenOf(found);
  return token?.startsWith('${{ secrets.') ? { deployToken: token } : {};
}

export function tokenNotes({ deploys, deployToken }: Draft, found: Found): string[] {
  const made = tokenOf(found);
  const [elsewhere] = deploys.flatMap(({ repository }) => repository ?? []);
  if (deploys.length === 0 || deployToken !== undefined || (made === undefined && elsewhere === undefined))
    return [];
  return [
    made !== undefined
      ? `Today's commits to ${elsewhere ?? 'the Kustomization'} are made with ${made}. Put the step that makes it before the release, and give its output as \`deploy-token\`.`
      : `The workflow commits to ${elsewhere} with the secret DEPLOY_TOKEN: store one that may write there.`,
  ];
}

export function registryNotes({ registry }: Draft, { name }: Repository, found: Found): string[] {
  const host = registry.split('/')[0]!;
  const others = found.logins.filter((login) => login.host !== host).map((login) => login.host);
  const owner = name?.split('/')[0]?.toLowerCase();
  const sources = found.images.flatMap((image) => Object.values(image.secrets));
  const secrets = [...new Set(sources.flatMap((from) => ('env' in from ? from.env : [])))];
  const account = /^docker\.io\/(.+)$/.exec(registry)?.[1];
  const isNew = found.images.length + found.bakes.length === 0;
  const isExample = /(?:^|\.)example(?:\.(?:com|org|net))?(?::\d+)?$|\.(?:invalid|test|local)$/.test(host);
  return [
    ...(isLoopback(host)
      ? [
          `${registry} is on this machine, where a workflow's runner can not push: change \`registry\` before you rely on the workflow.`,
        ]
      : isExample
        ? [`${registry} is no registry that exists: change \`registry\` before you rely on the workflow.`]
        : []),
    ...(secrets.length === 0
      ? []
      : [
          `Build secrets are taken from ${secrets.join(', ')}: the workflow sets ${secrets.length === 1 ? 'it' : 'them'}, and a release from elsewhere needs the same in its environment.`,
        ]),
    ...(others.length === 0
      ? []
      : [
          `The release logs in to ${host}: keep the steps that log in to ${others.join(', ')} before it if images are pushed there or pulled from there.`,
        ]),
    ...(isNew && owner !== undefined && account !== undefined && account !== owner
      ? [
          `Manifests name ${account}/… without a registry, which is an account of Docker Hub for every tool. If it is only a placeholder: image-release init --registry ghcr.io/${owner}`,
        ]
      : []),
  ];
}

/** Images that Argo CD or Flux is told to use instead: they would hide the commits of a release. */
export function overridden(
  deploys: readonly ChosenDeploy[],
  names: Readonly<Record<string, string>>,
  { name, defaultBranch, files }: Repository,
): string[] {
  const manifests = files.filter(({ text }) => /argoproj\.io|toolkit\.fluxcd\.io|^kustomize:/m.test(text));
  const bytes = new Map(manifests.map(({ path, text }) => [path, new TextEncoder().encode(text)]));
  const targets = deploys
    .filter(({ repository }) => repository === undefined)
    .map(({ kustomization, branch = defaultBranch, matches, entries }) => ({
      ...{ path: kustomization, branch, ...(name !== undefined && { repository: name }) },
      images: matches.map(({ key, shown }) => {
        const own = entries.filter(({ gives }) => isSameImage(gives, shown)).map((entry) => entry.name);
        return { key, image: names[key]!, entries: own.length > 0 ? own : [shown] };
      }),
    }));
  return findOverrides(bytes, targets).map(
    ({ place, message, fix }) => `${place?.file}:${place?.line}: ${message} ${fix}`,
  );
}
