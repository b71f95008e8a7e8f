import type { Container, EnvVar } from 'kubernetes-types/core/v1.js';
import { resourceOf } from '../api/resources.js';
import { type StoredPod, parseQuantity } from '../objects.js';
import type { Store } from '../store.js';
import { contentOf } from './volumes.js';

/** What a container is made of can't be had: `CreateContainerConfigError`. */
export class ConfigFailure extends Error {
  override readonly name = 'ConfigFailure';
}

export interface ContainerPlace {
  pod: StoredPod;
  store: Store;
  /** Volume name → folder on this machine. */
  volumes: ReadonlyMap<string, string>;
  /** File on this machine that the container writes its last words to. */
  terminationLog: string;
  /** Docker's name of a network, or `host`. */
  network: string;
}

/** The body of docker's `POST /containers/create`. @throws ConfigFailure in a kubelet's words */
export function containerBody(
  container: Container,
  place: ContainerPlace,
): Record<string, unknown> & { OpenStdin: boolean } {
  const { pod } = place;
  const variables = environmentOf(container, place);
  const expand = (text: string) => expandVariables(text, variables);
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  const user = userOf(security);
  return {
    Image: container.image,
    ...(container.command && { Entrypoint: container.command.map(expand) }),
    ...(container.args && { Cmd: container.args.map(expand) }),
    // A command replaces the image's arguments, too.
    ...(container.command && !container.args && { Cmd: [] }),
    Env: [...variables].map(([name, value]) => `${name}=${value}`),
    ...(container.workingDir && { WorkingDir: container.workingDir }),
    ...(user && { User: user }),
    OpenStdin: container.stdin ?? false,
    StdinOnce: container.stdinOnce ?? false,
    AttachStdin: container.stdin ?? false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: container.tty ?? false,
    ...(place.network !== 'host' && { Hostname: pod.metadata.name.slice(0, 63) }),
    Labels: { 'io.kubernetes.pod.uid': pod.metadata.uid, 'io.kubernetes.container.name': container.name },
    HostConfig: {
      Binds: bindsOf(container, place),
      NetworkMode: place.network,
      CapAdd: container.securityContext?.capabilities?.add ?? [],
      CapDrop: container.securityContext?.capabilities?.drop ?? [],
      Privileged: container.securityContext?.privileged ?? false,
      ReadonlyRootfs: container.securityContext?.readOnlyRootFilesystem ?? false,
      SecurityOpt: securityOptions(security, container),
      GroupAdd: [...(security.supplementalGroups ?? []), security.fsGroup ?? []].flat().map(String),
      ...limitsOf(container),
      LogConfig: { Type: 'none' },
    },
  };
}

function userOf(security: { runAsUser?: number; runAsGroup?: number }): string {
  const { runAsUser, runAsGroup } = security;
  if (runAsUser === undefined) return '';
  return runAsGroup === undefined ? String(runAsUser) : `${runAsUser}:${runAsGroup}`;
}

function securityOptions(security: { seccompProfile?: { type: string } }, container: Container): string[] {
  return [
    ...(container.securityContext?.allowPrivilegeEscalation === false ? ['no-new-privileges'] : []),
    ...(security.seccompProfile?.type === 'Unconfined' ? ['seccomp=unconfined'] : []),
  ];
}

function limitsOf(container: Container): Record<string, number> {
  const { memory, cpu } = container.resources?.limits ?? {};
  const bytes = memory === undefined ? undefined : parseQuantity(memory);
  const cores = cpu === undefined ? undefined : parseQuantity(cpu);
  return {
    // No swap on a Kubernetes node: what is over the limit ends there.
    ...(bytes && { Memory: Math.floor(bytes), MemorySwap: Math.floor(bytes) }),
    ...(cores && { NanoCpus: Math.floor(cores * 1e9) }),
  };
}

function bindsOf(container: Container, { volumes, terminationLog }: ContainerPlace): string[] {
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
    return `${volumes.get(name)}:${mountPath}${readOnly ? ':ro' : ''}`;
  });
  return [...mounts, `${terminationLog}:${container.terminationMessagePath ?? '/dev/termination-log'}`];
}

function environmentOf(container: Container, place: ContainerPlace): Map<string, string> {
  const { pod, store } = place;
  const namespace = pod.metadata.namespace ?? '';
  const content = (kind: string, name: string, optional: boolean | undefined) => {
    const object = store.get(resourceOf(kind), { namespace, name });
    if (object) return contentOf(object);
    if (optional) return new Map<string, Buffer>();
    throw new ConfigFailure(`${kind.toLowerCase()} "${name}" not found`);
  };
  const variables = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, { content, place, variables });
    if (value !== undefined) variables.set(variable.name, value);
  }
  return variables;
}

function variableValue(
  { value, valueFrom }: EnvVar,
  world: {
    content(kind: string, name: string, optional: boolean | undefined): Map<string, Buffer>;
    place: ContainerPlace;
    variables: Map<string, string>;
  },
): string | undefined {
  if (!valueFrom) return expandVariables(value ?? '', world.variables);
  const { secretKeyRef, configMapKeyRef } = valueFrom;
  const reference = secretKeyRef ?? configMapKeyRef;
  if (reference) {
    const kind = secretKeyRef ? 'Secret' : 'ConfigMap';
    const found = world.content(kind, reference.name ?? '', reference.optional).get(reference.key);
    if (found) return found.toString();
    if (reference.optional) return undefined;
    const { namespace } = world.place.pod.metadata;
    throw new ConfigFailure(`couldn't find key ${reference.key} in ${kind} ${namespace}/${reference.name}`);
  }
  throw new ConfigFailure('the fake cluster takes variables from secrets and configMaps alone');
}

/** `$(NAME)`; `$$(NAME)` stands for itself, and so does a name that nobody set. */
function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}
