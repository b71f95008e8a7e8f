import { failure, problem, type Problem, type ReleaseError } from '../lib/errors.js';
import { lastWords } from '../lib/last-words.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';

/** kubectl's error as a problem. @param doing follows "Can't": `make the pod x` */
export function kubectlProblem(stderr: string | Uint8Array, doing: string): Problem {
  const text = lastWords(stderr) || 'kubectl gave no answer in time';
  const reason = text
    .replace(/^Error from server(?: \((\w+)\))?: (?:error when creating "[^"]*": )?/, '')
    .replace(/^\w+ "[^"]+" is forbidden: (?!User )/, '')
    .replace(/ \((?:error when creating "[^"]*": )?Unauthorized\)$/, '');
  const code = CODES.find(([, pattern]) => pattern.test(text))?.[0] ?? 'cluster/refused';
  const fix = code === 'cluster/object-missing' ? missingObjectFix(text) : undefined;
  return problem({ code, message: `Can't ${doing}: ${sentence(reason)}`, ...(fix && { fix }) });
}

export function kubectlError(stderr: string | Uint8Array, doing: string): ReleaseError {
  return failure(kubectlProblem(stderr, doing));
}

/** Whether the API server or the way to it is down, so that another try makes sense. */
export function isOutage(stderr: string | Uint8Array): boolean {
  const text = lastWords(stderr);
  return text === '' || OUTAGE.test(text);
}

/** Refused by RBAC, not by a quota or a policy, which answer 403 as well. */
export function isRbacRefusal(stderr: string | Uint8Array): boolean {
  return /forbidden: User "[^"]*" cannot /.test(stderr.toString());
}

export const isNotFound = (stderr: string | Uint8Array): boolean => /\(NotFound\)/.test(stderr.toString());

/** What creates a missing namespace or service account; undefined: the catalogue's fix. */
function missingObjectFix(text: string): string | undefined {
  const [, namespace] = /namespaces "([^"]+)" not found/.exec(text) ?? [];
  if (namespace !== undefined) return namespaceFix(namespace);
  const [, place, account] = /service account ([\w.-]+)\/([\w.-]+)/.exec(text) ?? [];
  return account === undefined
    ? undefined
    : `Create it with \`kubectl create serviceaccount ${account} --namespace ${place}\`, or correct \`service-account\` of the builder.`;
}

export const namespaceFix = (namespace: string): string =>
  `Create it with \`kubectl create namespace ${namespace}\`, or correct \`namespace\` of the builder.`;

const OUTAGE =
  /was refused - did you specify|connection refused|Unable to connect to the server|no such host|i\/o timeout|handshake timeout|deadline exceeded|reset by peer|broken pipe|client connection lost|unexpected EOF|: EOF|^EOF|network is unreachable|no route to host|\((?:ServiceUnavailable|Timeout|ServerTimeout|InternalError|TooManyRequests)\)|apiserver is shutting down|etcdserver: |dialing backend|http2: |websocket: |currently unable to handle the request|stream error/i;

/** The first that matches counts: a quota or a policy answers `Forbidden` as well. kubectl has no codes. */
const CODES: readonly [ProblemCode, RegExp][] = [
  ['cluster/kubectl', /unknown (?:shorthand )?flag|unknown command/],
  [
    'cluster/unreachable',
    /current-context|context "[^"]*" does not exist|no context exists|no configuration has been provided/,
  ],
  [
    'cluster/unauthorized',
    /\(Unauthorized\)|^You must be logged in|provide credentials|getting credentials: |token (?:is|has) expired/,
  ],
  [
    'cluster/object-missing',
    /namespaces "[^"]+" not found|because it is being terminated|service ?account "?[^"]+"? not found|error looking up service account/,
  ],
  [
    'cluster/quota',
    /exceeded quota: |failed quota: |(?:minimum|maximum) [\w.-]+ usage per |limit to request ratio per /,
  ],
  [
    'cluster/policy',
    /violates PodSecurity|admission webhook|failed calling webhook|ValidatingAdmissionPolicy|denied the request/,
  ],
  ['cluster/forbidden', /\(Forbidden\)|\bis forbidden\b|\bcannot \w+ resource\b/],
  ['cluster/unreachable', OUTAGE],
];

/** A message of the cluster as the end of a sentence. */
export function sentence(message = ''): string {
  const text = message.trim().replace(/\s+/g, ' ');
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
