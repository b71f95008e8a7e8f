/** How a pod comes to grief, in the words that a real cluster uses. */
export type PodFault =
  /** `ErrImagePull`, then `ImagePullBackOff`. */
  | { type: 'image-pull'; message?: string }
  | { type: 'unschedulable' }
  /** Only in events; the pod waits. */
  | { type: 'failed-sandbox' }
  | { type: 'evicted'; after?: Moment }
  | { type: 'node-shutdown'; after?: Moment }
  /** For a pod of higher priority: the pod is deleted, with the condition `DisruptionTarget`. */
  | { type: 'preempted'; after?: Moment }
  /** By someone, at once. */
  | { type: 'deleted'; after?: Moment };

/** When it strikes: after a line that matches. Without one: as soon as the pod runs. */
export interface Moment {
  logs: RegExp;
}

/** How a request fails. */
export type RequestFault =
  /** 403 as of an RBAC that lacks this verb. */
  | { type: 'forbidden' }
  /** 401: the token has expired. */
  | { type: 'unauthorized' }
  /** Any answer of the server's. */
  | { type: 'status'; code: number; message?: string; reason?: string }
  /** It is done, and the answer never arrives. */
  | { type: 'lost' }
  /** The stream (of a log, a watch, or to an attached container) breaks off after so many bytes. */
  | { type: 'stream-cut'; bytes: number };

export interface PodRule {
  /** Of the pod; default: any. */
  pod?: RegExp;
  times?: number;
  fault: PodFault;
}

export interface RequestRule {
  match: {
    /** As `auth can-i` knows them: `create`, `watch`; default: any. */
    verb?: string;
    /** `pods`, `pods/log`; default: any. */
    resource?: string;
    name?: RegExp;
    namespace?: string;
  };
  /** How many requests it hits; default 1, `Infinity` for all. */
  times?: number;
  fault: RequestFault;
}

export interface RequestSubject {
  verb: string;
  resource: string;
  name: string;
  namespace: string;
}

/** The faults that are still to happen. */
export class FaultQueue {
  #pods: (PodRule & { left: number })[] = [];
  #requests: (RequestRule & { left: number })[] = [];

  /** For pods that a node takes up from now on. */
  pod(...rules: PodRule[]): void {
    this.#pods.push(...rules.map((rule) => ({ ...rule, left: rule.times ?? 1 })));
  }

  request(...rules: RequestRule[]): void {
    this.#requests.push(...rules.map((rule) => ({ ...rule, left: rule.times ?? 1 })));
  }

  clear(): void {
    this.#pods = [];
    this.#requests = [];
  }

  /** What has not happened as often as it should: a test ends with none. */
  pending(): (PodFault | RequestFault)[] {
    const left = [...this.#pods, ...this.#requests].filter((rule) => rule.left > 0 && rule.left < Infinity);
    return left.map((rule) => rule.fault);
  }

  takeForPod(name: string): PodFault[] {
    const hits = this.#pods.filter((rule) => rule.left > 0 && (rule.pod?.test(name) ?? true));
    for (const rule of hits) rule.left -= 1;
    return hits.map((rule) => rule.fault);
  }

  takeForRequest(subject: RequestSubject): RequestFault[] {
    const hits: RequestFault[] = [];
    for (const rule of this.#requests) {
      if (rule.left === 0 || !matches(rule.match, subject)) continue;
      rule.left -= 1;
      hits.push(rule.fault);
    }
    return hits;
  }
}

function matches(match: RequestRule['match'], { verb, resource, name, namespace }: RequestSubject): boolean {
  if (match.verb !== undefined && match.verb !== verb) return false;
  if (match.resource !== undefined && match.resource !== resource) return false;
  if (match.namespace !== undefined && match.namespace !== namespace) return false;
  return match.name?.test(name) ?? true;
}
