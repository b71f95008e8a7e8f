import { posix } from 'node:path';
import { splitReference } from '../../deploy/proof/image-reference.js';
import { readDocuments, resourcesOf } from '../../deploy/proof/resource.js';
import { sightingsIn } from '../../deploy/proof/sightings.js';
import { parseReference } from '../../plan/references.js';
import { readYaml, type YamlValue } from '../../preflight/yaml-value.js';
import { isBesideProduct } from './dockerfiles.js';
import type { Repository, RepositoryFile } from './found.js';
import type { ShownImage } from './kustomizations.js';

/** Images that manifests and charts name where no Kustomization does. */
export interface OtherManifests {
  shows: (ShownImage & { file: string })[];
  /** Folders of Helm charts. */
  charts: string[];
}

/** What is applied as it stands, and the values of charts: they say names, and a release writes neither. */
export function findOtherManifests({ files, paths }: Repository): OtherManifests {
  const charts = paths
    .filter((path) => posix.basename(path) === 'Chart.yaml' && !isBesideProduct(path))
    .map((path) => posix.dirname(path));
  const isOfChart = (path: string) => charts.some((chart) => chart === '.' || path.startsWith(`${chart}/`));
  const shows = files
    .filter(({ path }) => /\.ya?ml$/.test(path) && !path.startsWith('.github/') && !isBesideProduct(path))
    .flatMap((file) => {
      const named = isOfChart(file.path) ? imagesOfValues(file) : imagesOfManifests(file);
      return named
        .filter(({ image }) => parseReference(image) !== undefined)
        .map((shown) => ({ ...shown, file: file.path }));
    });
  return { shows, charts };
}

function imagesOfManifests({ text }: RepositoryFile): ShownImage[] {
  if (!/^kind:/m.test(text)) return [];
  return resourcesOf(readDocuments(text) ?? [])
    .flatMap(({ data }) => sightingsIn(data))
    .map(({ image, resource }) => ({ image: splitReference(image).name, resource }));
}

/** `image: { registry: …, repository: …, tag: … }`, at any depth. */
function imagesOfValues(file: RepositoryFile): ShownImage[] {
  if (!/^values[^/]*\.ya?ml$/.test(posix.basename(file.path))) return [];
  const visit = (value: YamlValue, name: string): ShownImage[] => {
    const repository = value.at('repository')?.text;
    const registry = value.at('registry')?.text;
    const isImage = repository !== undefined && value.at('tag') !== undefined;
    return [
      ...(isImage
        ? [{ image: [registry, repository].filter(Boolean).join('/'), resource: `values ${name}` }]
        : []),
      ...value
        .entries()
        .flatMap((entry) =>
          entry.value === undefined ? [] : visit(entry.value, entry.name === 'image' ? name : entry.name),
        ),
    ];
  };
  return readYaml(file).flatMap((root) => visit(root, ''));
}
