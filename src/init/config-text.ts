import { posix } from 'node:path';
import { Document, type Scalar, YAMLMap, YAMLSeq, type Node, type Pair } from 'yaml';
import { isLoopback } from '../lib/loopback.js';
import type { Draft, DraftDeploy, DraftImage } from './draft.js';
import { writtenName } from './image-names.js';

const HEAD = [
  ' yaml-language-server: $schema=https://raw.githubusercontent.com/ardenone/image-release/v1/schema/image-release.schema.json',
  ' Every key: https://github.com/ardenone/image-release/blob/v1/docs/configuration.md',
].join('\n');

/** Longer ones are written with a line per key. */
const LINE = 110;

/** The text of a configuration. Whatever is the default anyway is left out. */
export function configText(draft: Draft): string {
  const document = new Document({});
  const root = new YAMLMap<Node, Node>();
  document.contents = root;
  const add = (key: string, value: unknown, comments: readonly string[] = []) => {
    if (isEmpty(value)) return;
    root.add(pairOf(document, key, value, comments));
  };
  const { images, bake, deploys } = draft;
  add('registry', draft.registry, []);
  add('bake', bake && shortBake(bake));
  const entries = images.flatMap((image) => {
    const settings = imageSettings(image, draft.registry);
    return image.from === 'bake' && isEmpty(settings) ? [] : [{ image, settings }];
  });
  if (entries.length > 0) {
    const map = new YAMLMap<Node, Node>();
    for (const { image, settings } of entries)
      map.add(pairOf(document, image.key, isEmpty(settings) ? null : settings, image.remarks));
    root.add(pairOf(document, 'images', map));
  }
  add('tags', draft.tags);
  add('flavor', draft.flavor);
  const { cache } = draft;
  add('cache', cache?.type === 'registry' && cache.ref !== undefined ? cache : cache?.type);
  add('attest', draft.attest, sbomRemark(draft));
  if (deploys.length > 0) {
    const [first] = deploys;
    const short =
      deploys.length === 1 ? deploySettings(first!) : deploys.map((deploy) => deploySettings(deploy));
    const own = deploys.flatMap((deploy) =>
      deploy.remarks.map((remark) => (deploys.length === 1 ? remark : `${deploy.kustomization}: ${remark}`)),
    );
    add('deploy', short, [...own, ...draft.deployRemarks]);
  } else if (draft.deployRemarks.length > 0) document.comment = comment(draft.deployRemarks);
  document.commentBefore = comment([...HEAD.split('\n').map((line) => line.trim())]);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true, nullStr: '' });
}

/** A key with its value, in one line where that fits, and what there is to say about it above. */
function pairOf(
  document: Document,
  key: string,
  value: unknown,
  comments: readonly string[] = [],
): Pair<Node, Node> {
  const name = document.createNode(key) as Scalar;
  if (comments.length > 0) name.commentBefore = comment(comments);
  const node = value instanceof YAMLMap ? value : valueOf(document, value, key.length + 4);
  return document.createPair(name, node);
}

function valueOf(document: Document, value: unknown, before: number): Node | null {
  if (value === null) return null;
  const inLine = document.createNode(value, { flow: true });
  const length = before + JSON.stringify(value).length;
  if (length <= LINE || typeof value !== 'object') return inLine;
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    for (const item of value) list.items.push(valueOf(document, item, 4));
    return list;
  }
  const map = new YAMLMap<Node, Node>();
  for (const [key, inner] of Object.entries(value))
    map.add(document.createPair(document.createNode(key), valueOf(document, inner, before + key.length)));
  return map;
}

function imageSettings(image: DraftImage, registry: string): Record<string, unknown> {
  const { key, context, dockerfile, from } = image;
  const name = image.image === undefined ? undefined : writtenName(key, image.image, registry);
  if (from === 'bake') return withoutEmpty({ image: name });
  const relative = posix.relative(context, dockerfile);
  return withoutEmpty({
    context: context === key ? undefined : context,
    dockerfile: relative === 'Dockerfile' ? undefined : relative,
    target: image.target,
    image: name,
    args: image.args,
    secrets: image.secrets,
    platforms: image.platforms,
    contexts: image.contexts,
    labels: image.labels,
    annotations: image.annotations,
    'no-cache': image.noCache || undefined,
    tags: image.tags,
  });
}

function deploySettings(deploy: DraftDeploy): unknown {
  const { kustomization, images, repository, branch, mode, added } = deploy;
  const settings = withoutEmpty({
    kustomization,
    images,
    repository,
    branch,
    mode: mode === 'commit' ? undefined : mode,
    'add-missing': addMissing(added),
  });
  return Object.keys(settings).length === 1 ? kustomization : settings;
}

/** `true` where the manifests name all that is missing as it is published. */
function addMissing(added: DraftDeploy['added']): unknown {
  if (added === undefined) return undefined;
  const renamed = Object.entries(added).filter(([, name]) => name !== '');
  return renamed.length === 0 ? true : Object.fromEntries(renamed);
}

function shortBake({ files, targets }: NonNullable<Draft['bake']>): unknown {
  const file = files.length === 1 ? files[0] : files;
  return targets.length === 0 && files.length === 1 ? file : withoutEmpty({ file, targets });
}

function sbomRemark({ attest, registry }: Draft): string[] {
  const host = registry.split('/')[0]!;
  if (attest.sbom === 'off' && isLoopback(host))
    return [
      'A registry on this machine is for trying: nothing is pulled to list packages. Leave this out elsewhere.',
    ];
  return attest.sbom === 'best-effort'
    ? ['Where the scanner that lists packages can not be pulled from Docker Hub, a release goes on without.']
    : [];
}

function withoutEmpty(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The library puts `#` before each line. */
function comment(lines: readonly string[]): string {
  return lines.map((line) => ` ${line.replace(/\s+/g, ' ').trim()}`).join('\n');
}
