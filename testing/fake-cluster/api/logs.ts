import { ContainerLog, renderLog, tailStart } from '../kubelet/container-log.js';
import type { StoredPod } from '../objects.js';
import { type Ask, placeOf, type ServerWorld, type Streamed } from './ask.js';
import { apiError, notFound } from './status.js';

/** @throws ApiError when there is no such pod */
export function existingPod({ store }: ServerWorld, { target }: Ask): StoredPod {
  const pod = store.get(target.resource, placeOf(target)) as StoredPod | undefined;
  if (!pod) throw notFound(target.resource, target.name);
  return pod;
}

/** The container that a request means. @throws ApiError when there is none of that name */
export function containerName(pod: StoredPod, asked: string | null): string {
  const [first, ...others] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ name }) => name);
  if (asked && asked !== first && !others.includes(asked)) {
    throw apiError(400, `container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  return asked ?? first ?? '';
}

/** `pods/log`. */
export async function answerLog(world: ServerWorld, ask: Ask, { response, closed }: Streamed): Promise<void> {
  const pod = existingPod(world, ask);
  const name = containerName(pod, ask.query.get('container'));
  const placed = world.placedLogs.get(`${pod.metadata.namespace}/${pod.metadata.name}/${name}`);
  const log = placed === undefined ? containerLog(world, pod, name) : placedLog(placed);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  const since = sinceOf(ask.query);
  const flag = (key: string) => ['true', '1'].includes(ask.query.get(key) ?? '');
  const query = { timestamps: flag('timestamps'), ...(since && { since }) };
  const lines = ask.query.get('tailLines');
  let next = lines === null ? 0 : tailStart(log, Number(lines));
  const more = () => {
    const read = renderLog(log, next, query);
    next = read.next;
    if (read.text.length > 0) response.write(read.text);
  };
  more();
  if (!flag('follow') || log.ended) {
    response.end();
    return;
  }
  await new Promise<void>((resolve) => {
    const unfollow = log.follow(() => {
      more();
      if (log.ended) resolve();
    });
    void closed.then(() => {
      unfollow();
      resolve();
    });
  });
  response.end();
}

function containerLog({ kubelet }: ServerWorld, pod: StoredPod, name: string): ContainerLog {
  const running = kubelet.worker(pod)?.containers.get(name);
  if (running) return running.log;
  if (!pod.spec.nodeName) throw apiError(400, `pod ${pod.metadata.name} does not have a host assigned`);
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  const state = statuses.find((status) => status.name === name)?.state?.waiting?.reason ?? 'ContainerCreating';
  const why = /ImagePull/.test(state) ? 'trying and failing to pull image' : state;
  throw apiError(400, `container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${why}`);
}

function placedLog(text: string): ContainerLog {
  const log = new ContainerLog();
  log.write('stdout', Buffer.from(text));
  log.end();
  return log;
}

function sinceOf(query: URLSearchParams): Date | undefined {
  const time = query.get('sinceTime');
  if (time) return new Date(time);
  const seconds = query.get('sinceSeconds');
  return seconds ? new Date(Date.now() - Number(seconds) * 1000) : undefined;
}
