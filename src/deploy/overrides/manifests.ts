import { readYaml, type YamlValue } from '../../lib/yaml-value.js';

/** One document of a YAML file with Kubernetes resources. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  name: string;
  root: YamlValue;
}

/** All documents that can be read: a Helm template, for example, is no resource yet. */
export function readManifests(file: string, bytes: Uint8Array): Manifest[] {
  return readYaml({ path: file, text: new TextDecoder().decode(bytes) }).map((root) => ({
    root,
    apiVersion: root.at('apiVersion')?.text ?? '',
    kind: root.at('kind')?.text ?? '',
    name: root.at('metadata', 'name')?.text ?? '',
  }));
}
