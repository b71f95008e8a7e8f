import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { Resource } from '../api/resources.js';
import { type KubeObject, parseQuantity } from '../objects.js';

/** What the API server finds wrong in an object of the right shape: `spec.containers[0].image: Required value`. */
export function validationCauses(resource: Resource, object: KubeObject): string[] {
  const causes = metadataCauses(object);
  const spec = object.spec as { template?: { spec?: PodSpec; metadata?: { labels?: Labels } } } | undefined;
  if (resource.kind === 'Pod') causes.push(...podCauses(object.spec as PodSpec, 'spec'));
  const template = spec?.template;
  if (template?.spec) {
    causes.push(...podCauses(template.spec, 'spec.template.spec'));
    causes.push(...labelCauses(template.metadata?.labels, 'spec.template.metadata.labels'));
  }
  return causes;
}

type Labels = Record<string, string>;

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_TEXT =
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
  "'-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for " +
  "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^([a-z0-9.-]{1,253}\/)?([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;

function metadataCauses({ metadata }: KubeObject): string[] {
  const { name, labels } = metadata;
  if (!name) return ['metadata.name: Required value: name or generateName is required'];
  return [
    ...(SUBDOMAIN.test(name) || name.includes(':')
      ? []
      : [`metadata.name: Invalid value: "${name}": ${SUBDOMAIN_TEXT}`]),
    ...(name.length > 253 ? [`metadata.name: Invalid value: "${name}": must be no more than 253 characters`] : []),
    ...labelCauses(labels, 'metadata.labels'),
  ];
}

function labelCauses(labels: Labels | undefined, field: string): string[] {
  const letters = "alphanumeric characters, '-', '_' or '.'";
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...(QUALIFIED.test(key) ? [] : [`${field}: Invalid value: "${key}": name part must consist of ${letters}`]),
    ...(value.length > 63 ? [`${field}: Invalid value: "${value}": must be no more than 63 characters`] : []),
    ...(LABEL_VALUE.test(value)
      ? []
      : [`${field}: Invalid value: "${value}": a valid label must consist of ${letters}`]),
  ]);
}

function podCauses(spec: PodSpec, at: string): string[] {
  const { containers, initContainers = [], volumes = [] } = spec;
  const causes: string[] = [];
  if (containers.length === 0) causes.push(`${at}.containers: Required value`);
  const mountable = new Set(volumes.map(({ name }) => name));
  const lists = [['initContainers', initContainers] as const, ['containers', containers] as const];
  for (const [field, list] of lists) {
    list.forEach((container, index) =>
      causes.push(...containerCauses(container, `${at}.${field}[${index}]`, mountable)),
    );
  }
  return causes;
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function containerCauses(container: Container, at: string, mountable: ReadonlySet<string>): string[] {
  const causes: string[] = [];
  if (!LABEL.test(container.name)) {
    causes.push(
      `${at}.name: Invalid value: "${container.name}": a lowercase RFC 1123 label must consist of lower case ` +
        "alphanumeric characters or '-', and must start and end with an alphanumeric character",
    );
  }
  if (!container.image) causes.push(`${at}.image: Required value`);
  (container.volumeMounts ?? []).forEach(({ name, mountPath }, index) => {
    if (!mountable.has(name)) causes.push(`${at}.volumeMounts[${index}].name: Not found: "${name}"`);
    if (!mountPath) causes.push(`${at}.volumeMounts[${index}].mountPath: Required value`);
  });
  return [...causes, ...resourceCauses(container, at)];
}

function resourceCauses({ resources = {} }: Container, at: string): string[] {
  const causes: string[] = [];
  for (const [kind, text] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[kind];
    const [asked, most] = [parseQuantity(text), limit === undefined ? undefined : parseQuantity(limit)];
    if (asked !== undefined && most !== undefined && asked > most) {
      causes.push(
        `${at}.resources.requests: Invalid value: "${text}": must be less than or equal to ${kind} limit of ${limit}`,
      );
    }
  }
  return causes;
}
