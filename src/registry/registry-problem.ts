import { failure, type Problem, type ReleaseError } from '../lib/errors.js';
import type { HttpFailure, HttpResponse } from '../lib/http.js';

/** What was asked of a registry when it refused. */
export interface Asked {
  /** As written in image names. */
  host: string;
  /** Empty when the question was about the registry itself. */
  repository: string;
  access: 'pull' | 'push' | 'delete';
  /** Username of the login used; undefined: anonymous. */
  login?: string;
}

type Explained = Omit<Problem, 'severity'>;

/** Refusals that have a better fix than "check the permissions": the text that registries answer with → the fix. */
const KNOWN_REFUSALS: readonly { pattern: RegExp; fix: (asked: Asked) => string }[] = [
  {
    pattern: /permission_denied: write_package/i,
    fix: (asked) =>
      `Open the settings of the package ${imageOf(asked)}, "Manage Actions access", and give this repository the role Write.`,
  },
  {
    pattern: /installation not allowed to write organization package/i,
    fix: () =>
      "Add `packages: write` to the `permissions` of the job; a pull request from a fork can't have it and must build without push.",
  },
  {
    pattern: /installation not allowed to create organization package/i,
    fix: () =>
      "Let the organisation's members create packages (organisation settings, Packages); a pull request from a fork must build without push.",
  },
  {
    pattern: /does not match expected scopes/i,
    fix: () => 'Use a token with the scope write:packages.',
  },
  {
    pattern: /immutab/i,
    fix: () => 'The repository has immutable tags: release a new commit, or allow these tags to move.',
  },
  {
    pattern: /repository .*(does not exist|not found)|name_unknown/i,
    fix: (asked) =>
      `Create the repository ${imageOf(asked)} in the registry first, or correct the image name.`,
  },
  {
    pattern: /name_invalid|must be lowercase|invalid repository name/i,
    fix: () => 'Correct the image name: lower case, digits, and . _ - / between them.',
  },
];

/**
 * Explains an answer that ends the matter: 401, 403, what is left of 429 and 5xx after the retries, and any
 * other status that the caller can't use.
 */
export function refused(
  asked: Asked,
  response: HttpResponse,
  redact: (text: string) => string,
): ReleaseError {
  return failure(explain(asked, response.status, redact(registryMessage(response))));
}

function explain(asked: Asked, status: number, said: string): Explained {
  const { host, login } = asked;
  if (status === 401) return unauthorized(asked, said);
  // ghcr.io's token endpoint answers 403 `denied: denied` to a wrong password.
  if (status === 403 && /^denied: denied$/i.test(said) && login) return unauthorized(asked, said);
  if (status === 429) {
    return {
      code: 'registry/unavailable',
      message: `${host} limits the rate of requests and asked to wait longer than a release can: ${said}.`,
      fix: login
        ? 'Run again later.'
        : `Log in (\`docker login ${host}\`): anonymous requests have the lowest limit.`,
    };
  }
  if (status >= 500) {
    return {
      code: 'registry/unavailable',
      message: `${host} answered ${status} in several tries${said === `status ${status}` ? '' : `: ${said}`}.`,
      fix: `Run again later; the registry's own status page or log says more.`,
    };
  }
  return denied(asked, status, said);
}

function unauthorized({ host, login }: Asked, said: string): Explained {
  const login_ = `docker login ${host}`;
  return {
    code: 'registry/unauthorized',
    message: login
      ? `${host} does not accept the login of ${login}: ${said}.`
      : `${host} wants a login and there is none: ${said}.`,
    fix: login
      ? `Check registry-username and registry-password, or log in again with \`${login_}\`; a token may have expired.`
      : `Give registry-username and registry-password, or log in with \`${login_}\` first.`,
  };
}

function denied(asked: Asked, status: number, said: string): Explained {
  const { host, access, login } = asked;
  const image = imageOf(asked);
  const known = KNOWN_REFUSALS.find(({ pattern }) => pattern.test(said));
  const who = login ? login : 'an anonymous client';
  return {
    code: status === 403 ? 'registry/denied' : 'registry/refused',
    message:
      status === 403
        ? `${host} does not let ${who} ${VERBS[access]} ${image}: ${said}.`
        : `${host} refused to ${VERBS[access]} ${image} (${status}): ${said}.`,
    fix:
      known?.fix(asked) ??
      (status === 403
        ? `Give this login the right to ${access} ${image}, or use another one.`
        : 'Do what the registry says; its log tells more.'),
  };
}

const imageOf = ({ host, repository }: Asked) => (repository ? `${host}/${repository}` : host);

const VERBS = { pull: 'pull', push: 'push to', delete: 'delete from' } as const;

/** Explains an exchange that gave no answer. */
export function unreachable(host: string, cause: HttpFailure): ReleaseError {
  if (cause.code === 'TOO_LONG') return garbage(host, cause.message);
  const fix = UNREACHABLE_FIXES.find(({ code }) => code.test(cause.code))?.fix ?? 'Run again.';
  return failure(
    {
      code: 'registry/unreachable',
      message: `${host} can't be reached: ${cause.message}.`,
      fix,
    },
    { cause },
  );
}

const UNREACHABLE_FIXES: readonly { code: RegExp; fix: string }[] = [
  { code: /^ECONNREFUSED$/, fix: 'Start the registry, or correct host and port in `registry`.' },
  {
    code: /^(ENOTFOUND|EAI_AGAIN)$/,
    fix: 'Correct the host in `registry`, or check the name resolution here.',
  },
  {
    code: /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/,
    fix: 'Give node the certificate authority with NODE_EXTRA_CA_CERTS; plain http is spoken on loopback hosts only.',
  },
  { code: /./, fix: 'Check the network, a proxy (HTTPS_PROXY), and run again.' },
];

/** An answer that no registry should give. */
export function garbage(host: string, what: string): ReleaseError {
  return failure({
    code: 'registry/garbage',
    message: `${host} gave an answer that can't be trusted: ${what}.`,
    fix: 'Check that this host is a container registry and that no proxy on the way changes its answers.',
  });
}

/** The registry's own words, as docker prints them: `denied: permission_denied: write_package`. */
export function registryMessage({ status, body }: HttpResponse): string {
  const text = body.toString().trim();
  const said = fromJson(text) ?? (/^</.test(text) ? undefined : text.split('\n')[0]);
  return (said || `status ${status}`).slice(0, 300).replace(/[.\s]+$/, '');
}

function fromJson(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as RegistryErrors | null;
    const [first] = answer?.errors ?? [];
    if (first) return [first.code?.toLowerCase(), first.message].filter(Boolean).join(': ');
    const plain = answer?.message ?? answer?.details ?? answer?.error;
    return typeof plain === 'string' ? plain : undefined;
  } catch {
    return undefined;
  }
}

interface RegistryErrors {
  errors?: { code?: string; message?: string }[];
  message?: unknown;
  details?: unknown;
  error?: unknown;
}
