import { posix } from 'node:path';
import { Document, YAMLMap, YAMLSeq, type Node } from 'yaml';
import type { Draft, DraftDeploy, DraftImage } from './found.js';
import { writtenName } from './image-names.js';

const HEAD = ` yaml-language-server: $schema=https://raw.githubusercontent.com/ardenone/image-release/v1/schema/image-release.schema.json
 Every key: https://github.com/ardenone/image-release/blob/v1/docs/configuration.md`;

/** Longer values are written with a line per key. */
const LINE = 110;

type Settings = Record<string, unknown>;

export function configText(draft: Draft): string {
  const { registry, images, bake, tags, flavor, cache, attest, deploys } = draft;
  const entries = images.flatMap((image) => {
    const settings = imageSettings(image, registry);
    return image.from === 'bake' && isEmpty(settings) ? [] : [[image.key, isEmpty(settings) ? null : settings]];
  });
  const { files = [], targets = [] } = bake ?? {};
  const file = files.length === 1 ? files[0] : undefined;
  const settings = withoutEmpty({
    registry,
    bake: file === undefined || targets.length > 0 ? bake && withoutEmpty({ file: file ?? files, targets }) : file,
    images: Object.fromEntries(entries) as Settings,
    tags,
    flavor,
    cache,
    attest: withoutEmpty(attest),
    deploy: deploys.length === 1 ? deploySettings(deploys[0]!) : deploys.map(deploySettings),
  });
  const document = new Document({});
  document.contents = blockOf(document, settings);
  document.commentBefore = HEAD;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true, nullStr: '' });
}

function blockOf(document: Document, settings: Settings): YAMLMap<Node, Node | null> {
  const map = new YAMLMap<Node, Node | null>();
  for (const [key, value] of Object.entries(settings))
    map.add(
      document.createPair(document.createNode(key), valueOf(document, value, key === 'images' ? LINE : key.length + 4)),
    );
  return map;
}

/** In one line if that fits. */
function valueOf(document: Document, value: unknown, before: number): Node | null {
  if (value === null) return null;
  if (before + JSON.stringify(value).length <= LINE || typeof value !== 'object')
    return document.createNode(value, { flow: true });
  if (!Array.isArray(value)) return blockOf(document, value as Settings);
  const list = new YAMLSeq();
  for (const item of value) list.items.push(valueOf(document, item, 4));
  return list;
}

function imageSettings(image: DraftImage, registry: string): Settings {
  const { key, context, dockerfile, from, target, args, secrets, platforms, contexts, labels, annotations, tags } =
    image;
  const name = image.image === undefined ? undefined : writtenName(key, image.image, registry);
  if (from === 'bake') return withoutEmpty({ image: name });
  const relative = posix.relative(context, dockerfile);
  return withoutEmpty({
    context: context === key ? undefined : context,
    dockerfile: relative === 'Dockerfile' ? undefined : relative,
    ...{ target, image: name, args, secrets, platforms, contexts, labels, annotations },
    'no-cache': image.noCache || undefined,
    tags,
  });
}

function deploySettings({ kustomization, images, repository, branch, mode, added }: DraftDeploy): unknown {
  const renamed = Object.entries(added ?? {}).filter(([, name]) => name !== '');
  const settings = withoutEmpty({
    kustomization,
    images,
    repository,
    branch,
    mode: mode === 'commit' ? undefined : mode,
    'add-missing': added && (renamed.length === 0 ? true : Object.fromEntries(renamed)),
  });
  return Object.keys(settings).length === 1 ? kustomization : settings;
}

function withoutEmpty(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
