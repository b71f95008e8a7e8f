import type { Problem } from '../lib/errors.js';
import type { ContainerState, PodEvent } from './pod.js';
import { capital, containerStart, sentence, type PodScene } from './pod-failures.js';

/** A waiting pod that may never start. */
export interface Doubt {
  /** What it is when it does not heal in time. */
  problem: Problem;
  /** How long it may last, seen from outside; 0: it can't heal. */
  patienceMs: number;
  /** `scheduling`: the caller has a time of its own for it. */
  of: 'image' | 'container' | 'scheduling' | 'mount' | 'sandbox';
}

interface Waiting {
  message: string;
  doubt?: Doubt;
}

const SECOND = 1000;
/** A kubelet tries again after 10 s, then after 20: so much time has seen three tries. */
const THREE_PULLS = 45 * SECOND;
/** A registry that is down for a moment is given more. */
const LONG_PULL = 120 * SECOND;
/** Objects that are missing may be about to be made. */
const SOON = 20 * SECOND;
/** Volumes are detached from elsewhere first, networks are set up: both take minutes at times. */
const SLOW_VOLUME = 300 * SECOND;
const SLOW_NETWORK = 120 * SECOND;
export const SCHEDULING = 300 * SECOND;

const doubt = (
  of: Doubt['of'],
  patienceMs: number,
  code: Problem['code'],
  message: string,
  fix: string,
): Doubt => ({ of, patienceMs, problem: { code, severity: 'error', message, fix } });

export function explainWaiting(scene: PodScene & { waiting: ContainerState['waiting'] }): Waiting {
  const { pod, events, waiting } = scene;
  const name = pod.metadata.name;
  const found =
    gated(scene) ?? unscheduled(scene) ?? WAITING[waiting?.reason ?? '']?.(scene) ?? troubleOfEvents(scene);
  if (found !== undefined) {
    return { message: found.problem.message, doubt: found };
  }
  const last = lastOf(events, () => true);
  if (last?.reason === 'Pulling') return { message: `The pod ${name} is pulling its image.` };
  if (pod.spec?.nodeName === undefined) return { message: `The pod ${name} waits for a node.` };
  return { message: `The pod ${name} is being set up on ${pod.spec.nodeName}.` };
}

function gated({ pod }: PodScene): Doubt | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'SchedulingGated') return undefined;
  return doubt(
    'scheduling',
    SCHEDULING,
    'cluster/unschedulable',
    `The pod ${pod.metadata.name} is held back by a scheduling gate, mostly of a queue.`,
    'Wait for the queue, or use a namespace that it does not manage.',
  );
}

function unscheduled({ pod, events }: PodScene): Doubt | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const event = lastOf(events, ({ reason }) => reason === 'FailedScheduling');
  if (condition?.status === 'True' || pod.spec?.nodeName !== undefined) return undefined;
  if (condition?.reason !== 'Unschedulable' && event === undefined) return undefined;
  const message = condition?.message ?? event?.message ?? '';
  return doubt(
    'scheduling',
    SCHEDULING,
    'cluster/unschedulable',
    `No node takes the pod ${pod.metadata.name}: ${sentence(message.split(NO_HELP)[0])}`,
    schedulingFix(message),
  );
}

/** What follows says only that nothing else makes room. The first half is of 1.36. */
const NO_HELP = /\.? *(?:no new claims to deallocate, *)?preemption:|\. no new claims to deallocate/;

/** The scheduler counts the nodes by what they lack: one fix for each. */
function schedulingFix(message: string): string {
  const fixes = SCHEDULING_FIXES.filter(([pattern]) => pattern.test(message)).map(([, fix]) => fix);
  const chosen = fixes.length > 0 ? fixes : ['Add a node, or lower what the builder asks for'];
  return `${chosen.join('. ')}.`;
}

const SCHEDULING_FIXES: [RegExp, string][] = [
  [/Insufficient cpu/, 'Lower `requests.cpu` of the builder, or add a node with more processors free'],
  [/Insufficient memory/, 'Lower `requests.memory` of the builder, or add a node with more memory free'],
  [
    /Insufficient ephemeral-storage/,
    'Lower `requests.ephemeral-storage` of the builder, or add a node with a larger disk',
  ],
  [
    /node affinity|node selector|didn't match Pod's node/,
    'Correct `node-selector` of the builder (and `platforms`: each is built on a node of its own architecture)',
  ],
  [/taint/, 'Name the taint in `tolerations` of the builder'],
  [/Too many pods/, 'Run fewer pods at once (`parallel`), or add a node'],
  [/unschedulable\b(?!:)/, 'Wait until the nodes that are cordoned come back'],
  [/persistentvolumeclaim|volume/, 'Make the volume that the message names'],
  [/no nodes available|0\/0 nodes/, 'Add a node to the cluster'],
];

type Reader = (scene: PodScene & { waiting: ContainerState['waiting'] }) => Doubt | undefined;

const pull: Reader = (scene) => {
  const { pod, events, name, waiting } = scene;
  const image = pod.spec?.containers.find((one) => one.name === name)?.image ?? 'of the pod';
  const event = lastOf(
    events,
    ({ reason, message = '' }) => reason === 'Failed' && message.startsWith('Failed to pull image'),
  );
  // While it waits for the next try, older kubelets say "Back-off pulling image" and no more.
  const cause = [waiting?.message, event?.message].find(
    (text) => text && !/^Back-off pulling image "[^"]*"$/.test(text),
  );
  const said = (cause ?? waiting?.message ?? '').replace(/^Back-off pulling image "[^"]*": /, '');
  const [code, what, fix, patience] = pullFault(said);
  return doubt('image', patience, code, `The node can't pull ${image}: ${what} (${inner(said)}).`, fix);
};

/** What is left of a runtime's chain of errors without the reference, which is told already. */
function inner(said: string): string {
  const chain =
    /(?:ErrImagePull|rpc error|code = \w+ desc =|failed to (?:pull and unpack image|resolve reference) "[^"]*")(?:: | )/g;
  return sentence(said.replaceAll(chain, '')).replace(/\.$/, '');
}

function pullFault(message: string): [Problem['code'], string, string, number] {
  // First: registries that hide what exists say both in one message.
  if (/unauthorized|\b401\b|\b403\b|forbidden|denied|authorization failed|no basic auth/i.test(message)) {
    return [
      'cluster/image-unauthorized',
      'the registry wants a login, or there is no such image',
      "Give the pod's service account an image pull secret for that registry, or name an `image` of the builder that needs none.",
      THREE_PULLS,
    ];
  }
  if (/no match for platform|no matching manifest/i.test(message)) {
    return [
      'cluster/image-missing',
      'the image is not made for the architecture of the node',
      'Choose other nodes with `node-selector`, or name an `image` of the builder that has it.',
      0,
    ];
  }
  if (/not found|manifest unknown|name unknown|\b404\b|does not exist/i.test(message)) {
    return [
      'cluster/image-missing',
      'the registry has no such image',
      'Correct `image` of the builder.',
      THREE_PULLS,
    ];
  }
  if (
    /no such host|timeout|refused|unreachable|deadline exceeded|reset by peer|\bEOF\b|x509|tls:|server gave HTTP/i.test(
      message,
    )
  ) {
    return [
      'cluster/image-unreachable',
      'it does not reach the registry',
      'Name an `image` of the builder in a registry that the nodes reach, such as a mirror inside the network.',
      LONG_PULL,
    ];
  }
  return [
    'cluster/image-pull',
    'the pull failed',
    'Do what the message says, or name another `image` of the builder.',
    LONG_PULL,
  ];
}

/** By `state.waiting.reason` of the container. */
const WAITING: Record<string, Reader> = {
  ErrImagePull: pull,
  ImagePullBackOff: pull,
  RegistryUnavailable: pull,
  ImageInspectError: pull,
  SignatureValidationFailed: pull,
  InvalidImageName: ({ pod, name, waiting }) =>
    doubt(
      'image',
      0,
      'cluster/image-name',
      `"${pod.spec?.containers.find((one) => one.name === name)?.image}" is no valid image reference: ${sentence(waiting?.message)}`,
      'Correct `image` of the builder.',
    ),
  ErrImageNeverPull: ({ waiting }) =>
    doubt(
      'image',
      0,
      'cluster/image-pull',
      `The pod may not pull its image, and the node doesn't have it: ${sentence(waiting?.message)}`,
      'Name another `image` of the builder, or let the cluster pull it.',
    ),
  CreateContainerConfigError: ({ pod, waiting }) =>
    doubt(
      'container',
      SOON,
      'cluster/container-config',
      `The container of the pod ${pod.metadata.name} can't be made: ${sentence(waiting?.message)}`,
      missingObjectFix(waiting?.message ?? '') ??
        'Create what the message names, with the key that it asks for.',
    ),
  CreateContainerError: started,
  RunContainerError: started,
  CreatePodSandboxError: sandboxOf,
};

function started(scene: Parameters<Reader>[0]): Doubt {
  return {
    of: 'container',
    patienceMs: SOON,
    problem: containerStart(scene, scene.waiting?.message ?? ''),
  };
}

function sandboxOf({ pod, waiting }: Parameters<Reader>[0]): Doubt {
  return sandbox(pod.metadata.name, waiting?.message ?? '');
}

function sandbox(name: string, message: string): Doubt {
  return doubt(
    'sandbox',
    SLOW_NETWORK,
    'cluster/sandbox',
    `The node can't set up the pod ${name}: ${sentence(message)}`,
    'Run again; when it persists, show this to the administrator of the cluster: mostly the network plugin of the node fails.',
  );
}

/** Mounts and sandboxes that fail are only told in events. */
function troubleOfEvents({ pod, events }: PodScene): Doubt | undefined {
  const event = lastOf(
    events,
    ({ reason = '' }) => TROUBLE.has(reason) || ['Pulling', 'Pulled', 'Created', 'Started'].includes(reason),
  );
  const message = event?.message ?? '';
  switch (event?.reason) {
    case 'FailedMount':
    case 'FailedAttachVolume':
    case 'FailedMapVolume': {
      const missing = missingObjectFix(message);
      return doubt(
        'mount',
        missing === undefined ? SLOW_VOLUME : SOON,
        'cluster/mount',
        `A volume of the pod ${pod.metadata.name} can't be mounted: ${sentence(message)}`,
        missing ?? 'Look at the volume and at its claim with `kubectl describe pvc`.',
      );
    }
    case 'FailedCreatePodSandBox':
      return sandbox(pod.metadata.name, message);
    default:
      return undefined;
  }
}

const TROUBLE = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedCreatePodSandBox']);

function missingObjectFix(message: string): string | undefined {
  const key = /couldn't find key (\S+) in (Secret|ConfigMap) (?:[^\s/]+\/)?(\S+)/i.exec(message);
  if (key) return `Give the ${key[2]} ${key[3]} the key ${key[1]}.`;
  const reference = /references non-existent (secret|config) key: (\S+)/.exec(message);
  if (reference) {
    const kind = reference[1] === 'secret' ? 'secret' : 'ConfigMap';
    return `Give the ${kind} of the volume the key ${reference[2]!.replace(/[.,]$/, '')}: a secret made by \`kubectl create secret docker-registry\` has .dockerconfigjson.`;
  }
  const object = /(secret|configmap|persistentvolumeclaim) "([^"]+)" not found/i.exec(message);
  if (object === null) return undefined;
  return `${capital(`create the ${object[1]!.toLowerCase()} ${object[2]} in the namespace of the pod`)}, or correct its name in the configuration.`;
}

function lastOf(events: readonly PodEvent[], test: (event: PodEvent) => boolean): PodEvent | undefined {
  const timeOf = ({ lastTimestamp, eventTime, firstTimestamp, metadata }: PodEvent) =>
    Date.parse(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata?.creationTimestamp ?? '') || 0;
  let last: PodEvent | undefined;
  for (const event of events.filter(test)) {
    if (last === undefined || timeOf(event) >= timeOf(last)) last = event;
  }
  return last;
}
