import * as z from 'zod';
import {
  BUILDER_TYPES,
  settingsOf,
  type BuilderChoice,
  type BuilderSettings,
  type BuilderType,
} from './builder-settings.js';
import {
  camelCase,
  either,
  readCommaList,
  listWords,
  mapping,
  oneOf,
  platformList,
  text,
  option,
  boolean,
  wholeNumber,
} from './schema-forms.js';

const NAMES = ['auto', ...BUILDER_TYPES] as const;

const typed = <Type extends string>(type: Type) =>
  z
    .literal(type, { error: `\`${type}\`` })
    .meta({ description: 'The kind of builder; the other settings are its own.' });

const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const kubernetesName = (what: string) =>
  text(`the name of ${what}: lower case letters, digits and dashes`, DNS_LABEL).optional();

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const quantity = (example: string) =>
  either(
    [
      text(`a quantity such as \`${example}\``, /^\d+(?:\.\d+)?(?:m|[kMGTPE]i?)?$/),
      z.number().positive().meta({ description: 'Without a unit.' }),
    ],
    `a quantity such as \`${example}\``,
  ).optional();

const amounts = (description: string) =>
  option(
    mapping({
      cpu: quantity('500m').meta({ description: 'Processors: `2`, `500m`.' }),
      memory: quantity('2Gi').meta({ description: 'Memory: `2Gi`.' }),
      'ephemeral-storage': quantity('10Gi').meta({ description: 'Space on the disk of the node: `10Gi`.' }),
    }),
    description,
    { examples: [{ cpu: '1', memory: '4Gi' }] },
  );

const tolerationSchema = mapping({
  key: option(text('the key of a taint'), 'Key of the taint; none: of any key.'),
  operator: option(
    oneOf(['Equal', 'Exists']),
    '`Equal` compares the value. Default: `Equal` with a value, `Exists` without.',
  ),
  value: option(text('the value of a taint'), 'Value of the taint.'),
  effect: option(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute']), 'Effect of the taint; none: every effect.'),
});

const POD = {
  namespace: kubernetesName('a namespace').meta({
    description: "Namespace of the pods. Default: that of kubectl's current context.",
    examples: ['builds'],
  }),
  'service-account': kubernetesName('a service account').meta({
    description: 'Service account of the pods. Default: that of the namespace.',
  }),
  requests: amounts('Resources that each pod reserves.'),
  limits: amounts('Maximum resources of each pod.'),
  'node-selector': option(
    z.record(z.string(), text('a label value'), { error: 'a mapping of labels to values' }),
    'Labels of the nodes that may run the pods.',
    { examples: [{ pool: 'builds' }] },
  ),
  tolerations: option(
    z.array(tolerationSchema, { error: 'a list of mappings with `key`, `value`, `effect`' }),
    'Taints of nodes that the pods tolerate, as in a pod.',
    { examples: [[{ key: 'builds', effect: 'NoSchedule' }]] },
  ),
};

const imageOf = (description: string, example: string) =>
  option(text('the reference of an image'), description, { examples: [example] });
const BUILDKIT_EXAMPLE = 'mirror.example.org/moby/buildkit:v0.20.2';

const buildxSchema = mapping({
  type: typed('buildx'),
  name: option(text('the name of a builder'), 'An existing builder, as `docker buildx ls` names it.', {
    examples: ['my-builder'],
  }),
  image: imageOf(
    "Image of the BuildKit that is started if the current builder can't do the build, for instance from a mirror. Default: buildx's own choice, `moby/buildkit:buildx-stable-1`.",
    BUILDKIT_EXAMPLE,
  ),
});

const kubernetesSchema = mapping({
  type: typed('kubernetes'),
  name: option(
    text('the name of a builder'),
    'A builder that is kept, and is made if there is none. Default: one is made for the run and removed.',
    { examples: ['team-builder'] },
  ),
  image: imageOf(
    "Image of BuildKit. Default: buildx's own choice, `moby/buildkit:buildx-stable-1-rootless` or `moby/buildkit:buildx-stable-1`.",
    BUILDKIT_EXAMPLE,
  ),
  replicas: option(wholeNumber('a whole number from 1'), 'BuildKit pods side by side.', { default: 1 }),
  rootless: option(boolean(), 'Whether BuildKit runs without root. Needs an unconfined seccomp profile.', {
    default: true,
  }),
  ...POD,
});

const endpoint = () =>
  text('the address of a BuildKit: `tcp://HOST:PORT` or `unix:///PATH`', /^(?:tcp:\/\/[^\s/]+:\d+|unix:\/\/\/\S+)$/);

const remoteSchema = mapping({
  type: typed('remote'),
  endpoint: option(
    either(
      [
        endpoint(),
        z
          .array(
            either(
              [
                endpoint(),
                mapping({
                  endpoint: endpoint().meta({ description: 'Address of the BuildKit.' }),
                  platforms: option(platformList(), 'Platforms that it builds for. Default: those that it reports.'),
                }),
              ],
              'an address, or {endpoint: …, platforms: …}',
            ),
          )
          .min(1, { error: 'at least one address' }),
      ],
      'an address such as `tcp://buildkitd:1234`, or a list of them',
    ),
    'Address of a BuildKit that runs, or a list with one for each node. Default: `BUILDKIT_HOST`, else one that is found.',
    {
      examples: [
        'tcp://buildkitd:1234',
        [
          { endpoint: 'tcp://amd:1234', platforms: ['linux/amd64'] },
          { endpoint: 'tcp://arm:1234', platforms: ['linux/arm64'] },
        ],
      ],
    },
  ),
  tls: option(
    mapping({
      ca: option(text('a path'), 'Certificate of the authority that BuildKit must be signed by.'),
      cert: option(text('a path'), 'Own certificate.'),
      key: option(text('a path'), 'Key of the own certificate.'),
      'server-name': option(text('a host name'), "Name that BuildKit's certificate must contain."),
    }),
    'Paths of PEM files for a connection over TLS, relative to the repository root or absolute.',
    { examples: [{ ca: 'certs/ca.pem', cert: 'certs/cert.pem', key: 'certs/key.pem' }] },
  ),
});

const kanikoSchema = mapping({
  type: typed('kaniko'),
  image: imageOf(
    'Image of the executor. Default: a pinned `ghcr.io/osscontainertools/kaniko`.',
    'mirror.example.org/kaniko:v1.28.3',
  ),
  'registry-secret': kubernetesName('a secret').meta({
    description:
      'Secret of type `kubernetes.io/dockerconfigjson` that the pods log in with. Default: one is made of your logins for the run and removed.',
    examples: ['ghcr-push'],
  }),
  'cache-repository': option(
    text('a repository without tag', /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+$/),
    'Repository for layers between runs. Default: `<image>/cache` of each image.',
    { examples: ['ghcr.io/acme/cache'] },
  ),
  parallel: option(wholeNumber('a whole number from 1'), 'Pods at the same time.', { default: 2 }),
  timeout: option(wholeNumber('a number of minutes'), 'Minutes that a pod may take.', { default: 60 }),
  ...POD,
});

const dispatchSchema = mapping({
  type: typed('dispatch'),
  workflow: option(
    text('the file name of a workflow, such as `build-push.yml`', /^[^/\s]+\.ya?ml$/),
    'Workflow in `.github/workflows` that is started. Default: the one that uses this action.',
    { examples: ['build-push.yml'] },
  ),
});

const builderSettings = () =>
  z.discriminatedUnion('type', [buildxSchema, kubernetesSchema, remoteSchema, kanikoSchema, dispatchSchema], {
    error: EXPECTED,
  });

const EXPECTED = `${listWords(NAMES)}, {type: …} with settings, or a list of these`;

export const builderSchema = () =>
  either(
    [
      oneOf(NAMES),
      builderSettings(),
      z
        .array(
          either([oneOf(BUILDER_TYPES), builderSettings()], `${listWords(BUILDER_TYPES)}, or {type: …} with settings`),
        )
        .min(1, { error: 'at least one builder' })
        .meta({ description: 'Builders, best first; the first that can build is used.' }),
    ],
    EXPECTED,
  );

type Written = z.output<ReturnType<typeof builderSchema>>;
export type WrittenSettings = z.output<ReturnType<typeof builderSettings>>;

export function readBuilderChoice(written: Written): BuilderChoice {
  if (written === 'auto') return { type: 'auto', settings: [] };
  const list = Array.isArray(written) ? written : [written];
  return { type: 'listed', settings: list.map(readSettings) };
}

/** Settings have the names of the schema in camel case; tolerations have an operator, which Kubernetes takes for `Equal`. */
function readSettings(written: WrittenSettings | BuilderType): BuilderSettings {
  if (typeof written === 'string') return settingsOf(written);
  if (written.type !== 'remote') {
    const settings = camelKeys(written);
    for (const name of ['requests', 'limits'])
      if (settings[name] !== undefined) settings[name] = camelKeys(settings[name], String);
    if ('tolerations' in written && written.tolerations !== undefined)
      settings['tolerations'] = written.tolerations.map((each) => ({
        operator: each.value === undefined ? 'Exists' : 'Equal',
        ...each,
      }));
    return settings as unknown as BuilderSettings;
  }
  const { endpoint: endpoints = [], tls } = written;
  const nodes = (Array.isArray(endpoints) ? endpoints : [endpoints]).map((node) =>
    typeof node === 'string'
      ? { endpoint: node, platforms: [] }
      : { endpoint: node.endpoint, platforms: readCommaList(node.platforms) },
  );
  return { type: 'remote', nodes, ...(tls && { tls: camelKeys(tls) }) };
}

/** `service-account` → `serviceAccount`, without keys that have no value. */
function camelKeys(values: object, read = (value: unknown) => value): Record<string, object> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), read(value) as object]));
}
