import type * as z from 'zod';
import {
  settingsOf,
  type BuilderChoice,
  type BuilderSettings,
  type BuilderType,
  type PodSettings,
} from './builder-settings.js';
import type { builderSchema, builderSettings, PodKey } from './schema-builder.js';
import { readCommaList } from './schema-forms.js';

type Written = z.output<ReturnType<typeof builderSchema>>;
type WrittenSettings = z.output<ReturnType<typeof builderSettings>>;
type WrittenPod = Pick<Extract<WrittenSettings, { type: 'kaniko' }>, PodKey>;

/** The choice of a builder as it was written, in the words of the program. */
export function readBuilderChoice(written: Written): BuilderChoice {
  if (written === 'auto') return { type: 'auto', settings: [] };
  const list = Array.isArray(written) ? written : [written];
  return { type: 'listed', settings: list.map(readSettings) };
}

function readSettings(written: WrittenSettings | BuilderType): BuilderSettings {
  if (typeof written === 'string') return settingsOf(written);
  switch (written.type) {
    case 'buildx':
    case 'dispatch':
      return written;
    case 'remote': {
      const { endpoint: endpoints, tls } = written;
      const nodes = endpoints === undefined ? [] : Array.isArray(endpoints) ? endpoints : [endpoints];
      return {
        type: 'remote',
        nodes: nodes.map((node) =>
          typeof node === 'string'
            ? { endpoint: node, platforms: [] }
            : { endpoint: node.endpoint, platforms: readCommaList(node.platforms) },
        ),
        ...(tls && {
          tls: defined({ ca: tls.ca, cert: tls.cert, key: tls.key, serverName: tls['server-name'] }),
        }),
      };
    }
    case 'kubernetes': {
      const { type, name, image, replicas, rootless } = written;
      return { type, ...defined({ name, image, replicas, rootless }), ...readPod(written) };
    }
    case 'kaniko': {
      const { type, image, parallel, timeout } = written;
      const registrySecret = written['registry-secret'];
      const cacheRepository = written['cache-repository'];
      return {
        type,
        ...defined({ image, parallel, timeout, registrySecret, cacheRepository }),
        ...readPod(written),
      };
    }
  }
}

function readPod(written: WrittenPod): PodSettings {
  return defined({
    namespace: written.namespace,
    serviceAccount: written['service-account'],
    requests: readAmounts(written.requests),
    limits: readAmounts(written.limits),
    nodeSelector: written['node-selector'],
    tolerations: written.tolerations,
  });
}

function readAmounts(written: WrittenPod['requests']): PodSettings['requests'] {
  if (written === undefined) return undefined;
  const amount = (value: string | number | undefined) => (value === undefined ? undefined : String(value));
  return defined({
    cpu: amount(written.cpu),
    memory: amount(written.memory),
    ephemeralStorage: amount(written['ephemeral-storage']),
  });
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
