import type { Problem } from '../lib/errors.js';
import { lastWords } from '../lib/last-words.js';
import { namespaceMissing } from './rights.js';
import { sentence } from './pod-failures.js';

/** What was asked when kubectl failed. */
export interface Question {
  /** As the end of "The cluster refused to …": `make the pod x`. */
  doing: string;
  /** Role and RoleBinding that would allow it, where they are known. */
  role?: string;
}

/** kubectl's exit, told as a problem. By the messages of the API server and of kubectl: they have no other form. */
export function kubectlProblem(stderr: string | Uint8Array, question: Question): Problem {
  const said = lastWords(stderr) || 'kubectl gave no answer in time';
  const { doing, role } = question;
  const message = said
    .replace(/^error: /, '')
    .replace(/^Error from server(?: \((\w+)\))?: (?:error when creating "[^"]*": )?/, '')
    // Where it was refused is told already.
    .replace(/^\w+ "[^"]+" is forbidden: (?!User )/, '')
    .replace(/ \((?:error when creating "[^"]*": )?Unauthorized\)$/, '');
  for (const { code, pattern, why, fix } of TABLE) {
    const match = pattern.exec(said);
    if (match === null) continue;
    if (code === 'cluster/namespace-missing' && match[1] !== undefined) return namespaceMissing(match[1]);
    return {
      code,
      severity: 'error',
      message: `Could not ${doing}: ${why}. The cluster says: ${sentence(message)}`,
      fix: typeof fix === 'string' ? fix : fix(message),
      ...(code === 'cluster/forbidden' && role !== undefined && { detail: role }),
    };
  }
  return {
    code: 'cluster/refused',
    severity: 'error',
    message: `The cluster refused to ${doing}: ${sentence(message)}`,
    fix: "Do what the cluster's message says.",
  };
}

/** The API server is away, or the way to it is: worth waiting for. */
export function isOutage(stderr: string | Uint8Array): boolean {
  const said = lastWords(stderr);
  return said === '' || OUTAGE.test(said);
}

/** By RBAC, not by a quota or a policy, which answer 403 as well. */
export function isRoleRefusal(stderr: string | Uint8Array): boolean {
  return /forbidden: User "[^"]*" cannot /.test(stderr.toString());
}

export function kubectlMissing(): Problem {
  return {
    code: 'cluster/no-kubectl',
    severity: 'error',
    message: 'The program kubectl is not on PATH.',
    fix: 'Install kubectl (https://kubernetes.io/docs/tasks/tools/), or take a builder that needs no cluster.',
  };
}

const OUTAGE =
  /was refused - did you specify|connection refused|Unable to connect to the server|no such host|i\/o timeout|handshake timeout|deadline exceeded|reset by peer|broken pipe|client connection lost|unexpected EOF|: EOF|^EOF|network is unreachable|no route to host|\((?:ServiceUnavailable|Timeout|ServerTimeout|InternalError|TooManyRequests)\)|apiserver is shutting down|etcdserver: |dialing backend|http2: |websocket: |currently unable to handle the request|too many requests|stream error/i;

interface Row {
  code: Problem['code'];
  pattern: RegExp;
  /** Follows "Could not make the pod x:". */
  why: string;
  fix: string | ((message: string) => string);
}

/** The first that matches counts: an admission's refusal is a Forbidden, too. */
const TABLE: Row[] = [
  {
    code: 'cluster/kubectl-too-old',
    pattern: /unknown (?:shorthand )?flag|unknown command/,
    why: 'kubectl is too old',
    fix: 'Install kubectl 1.27 or newer, not more than one version away from that of the cluster.',
  },
  {
    code: 'cluster/no-context',
    pattern:
      /current-context|context "[^"]*" does not exist|no context exists|no configuration has been provided|cannot locate context/,
    why: 'kubectl has no cluster to talk to',
    fix: 'Choose one of `kubectl config get-contexts` with `kubectl config use-context NAME`, or set KUBECONFIG.',
  },
  {
    code: 'cluster/unauthorized',
    pattern:
      /\(Unauthorized\)|^You must be logged in|provide credentials|getting credentials: |token (?:is|has) expired/,
    why: 'the cluster does not accept your login',
    fix: 'Log in to the cluster again (the token has probably expired), then check with `kubectl auth whoami`.',
  },
  {
    code: 'cluster/namespace-missing',
    pattern: /namespaces "([^"]+)" not found/,
    why: '',
    fix: '',
  },
  {
    code: 'cluster/namespace-missing',
    pattern: /because it is being terminated/,
    why: 'the namespace is being deleted',
    fix: 'Wait until it is gone and create it anew, or name another one in `namespace` of the builder.',
  },
  {
    code: 'cluster/quota',
    pattern: /exceeded quota: |failed quota: /,
    why: 'a quota of the namespace forbids it',
    fix: (message) =>
      /failed quota/.test(message)
        ? 'The quota asks for amounts: set `requests` and `limits` of the builder for what the message names.'
        : 'Lower `requests` and `limits` of the builder, run fewer pods at once (`parallel`), or let the quota be raised.',
  },
  {
    code: 'cluster/pod-security',
    pattern: /violates PodSecurity/,
    why: 'the Pod Security Standard of the namespace forbids it',
    fix: 'Name a `namespace` of the builder that enforces at most baseline, or use a builder outside the cluster.',
  },
  {
    code: 'cluster/limit-range',
    pattern:
      /(?:minimum|maximum) [\w.-]+ usage per (?:Container|Pod)|limit to request ratio per (?:Container|Pod)/,
    why: 'a LimitRange of the namespace forbids it',
    fix: 'Set `requests` and `limits` of the builder within what the message names.',
  },
  {
    code: 'cluster/service-account',
    pattern: /error looking up service account|serviceaccount "[^"]+" not found/,
    why: 'there is no such service account',
    fix: (message) => {
      const [, namespace, name] = /service account ([\w.-]+)\/([\w.-]+)/.exec(message) ?? [];
      const named = name === undefined ? 'NAME' : `${name} --namespace ${namespace}`;
      return `Create it with \`kubectl create serviceaccount ${named}\`, or correct \`service-account\` of the builder.`;
    },
  },
  {
    code: 'cluster/admission',
    pattern:
      /failed calling webhook|admission webhook "[^"]+" denied|ValidatingAdmissionPolicy '[^']+'|denied the request/,
    why: 'a policy of the cluster forbids it',
    fix: 'Do what the policy says, or name a `namespace` of the builder that it does not watch.',
  },
  {
    code: 'cluster/forbidden',
    pattern: /\(Forbidden\)|\bis forbidden\b|\bcannot \w+ resource\b/,
    why: 'there is no right to',
    fix: 'Let an administrator grant what the message names; `image-release doctor` prints the Role.',
  },
  {
    code: 'cluster/unreachable',
    pattern: OUTAGE,
    why: 'the API server does not answer',
    fix: 'Check `kubectl version`: the address in the kubeconfig, the network, a VPN, the certificate.',
  },
];
