import { posix } from 'node:path';
import { Document, isScalar, visit, type YAMLSeq } from 'yaml';
import type { Draft, DraftDeploy, DraftImage } from './found.js';

const HEAD = ` yaml-language-server: $schema=https://raw.githubusercontent.com/ardenone/image-release/v1/schema/image-release.schema.json
 Every key: https://github.com/ardenone/image-release/blob/v1/docs/configuration.md`;

/** Longer lists are written with a line per item. */
const LINE = 60;

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
  const document = new Document(settings, { aliasDuplicateObjects: false });
  document.commentBefore = HEAD;
  visit(document, { Seq: (_, list) => inOneLine(list) });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, nullStr: '' });
}

/** Platforms, keys and files fit in one line; everything else gets a line each. */
function inOneLine(list: YAMLSeq): void {
  const words = list.items.map((item) => (isScalar(item) ? String(item.value) : ''));
  list.flow = words.every((word) => /^[\w./*-]+$/.test(word)) && words.join(', ').length <= LINE;
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

/** The value of `image` in the configuration; undefined if `registry` and the key say it. */
function writtenName(key: string, name: string, registry: string): string | undefined {
  const rest = name.startsWith(`${registry}/`) ? name.slice(registry.length + 1) : name;
  return rest === key ? undefined : rest;
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
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
