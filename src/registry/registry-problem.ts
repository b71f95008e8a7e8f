import { failure, type ProblemDraft, type ReleaseError } from '../lib/errors.js';
import { parseJson } from '../lib/json.js';
import type { HttpFailure, HttpResponse } from '../lib/http.js';

/** What was asked of a registry when it refused. */
export interface RegistryAccess {
  /** As written in image names. */
  host: string;
  /** Undefined: the question was about the registry itself. */
  repository?: string;
  access: 'pull' | 'push' | 'delete';
  /** Username of the login used; undefined: anonymous. */
  login?: string;
}

/** Refusals of ghcr.io with a separate fix. */
const KNOWN_REFUSALS: readonly { pattern: RegExp; fix: (image: string) => string }[] = [
  {
    pattern: /permission_denied: write_package/i,
    fix: (image) =>
      `Open the settings of the package ${image}, "Manage Actions access", and give this repository the role Write.`,
  },
  {
    pattern: /installation not allowed to (write|create) organization package/i,
    fix: () =>
      "Add `packages: write` to the `permissions` of the job, and let the organization's members create packages (organization settings, Packages); a pull request from a fork must build without push.",
  },
];

/** Explains an answer that the caller can't use: 401, 403, a 429 or 5xx that is left after the retries, any other. */
export function refused(asked: RegistryAccess, response: HttpResponse, redact: (text: string) => string): ReleaseError {
  return failure(explain(asked, response.status, redact(messageIn(response))));
}

const VERBS = { pull: 'pull', push: 'push to', delete: 'delete from' } as const;

function explain({ host, repository, access, login }: RegistryAccess, status: number, text: string): ProblemDraft {
  // ghcr.io's token endpoint answers 403 `denied: denied` to a wrong password.
  if (status === 401 || (status === 403 && login && /^denied: denied$/i.test(text))) {
    const message = login ? `${host} rejects the login of ${login}` : `${host} requires a login`;
    return {
      code: 'registry/unauthorized',
      message: `${message}: ${text}.`,
      fix: `Give registry-username and registry-password, or log in with \`docker login ${host}\`; a password or token may have expired.`,
    };
  }
  if (status === 429)
    return {
      code: 'registry/unavailable',
      message: `${host} limits the rate of requests, and the required pause is too long for a release: ${text}.`,
    };
  if (status >= 500) {
    const detail = text === `status ${status}` ? '' : `: ${text}`;
    return { code: 'registry/unavailable', message: `${host} answered ${status} in several tries${detail}.` };
  }
  const image = repository === undefined ? host : `${host}/${repository}`;
  const known = KNOWN_REFUSALS.find(({ pattern }) => pattern.test(text));
  const who = login ?? 'an anonymous client';
  const message = `${host} does not let ${who} ${VERBS[access]} ${image} (${status}): ${text}.`;
  return { code: 'registry/denied', message, ...(known && { fix: known.fix(image) }) };
}

/** Explains an exchange that gave no answer. */
export function unreachable(host: string, cause: HttpFailure): ReleaseError {
  if (cause.code === 'TOO_LONG') return garbage(host, cause.message);
  const message = `${host} can't be reached: ${cause.message}.`;
  return failure({ code: 'registry/unreachable', message }, { cause });
}

/** An answer that no registry should give. */
export function garbage(host: string, what: string): ReleaseError {
  return failure({ code: 'registry/garbage', message: `${host} gave an invalid answer: ${what}.` });
}

/** The server's own words in one line, as docker prints them: `denied: permission_denied: write_package`. */
export function messageIn({ status, body }: HttpResponse): string {
  const text = body.toString().trim();
  const message = fromJson(text) ?? (text.startsWith('<') ? undefined : text.split('\n')[0]);
  return (message || `status ${status}`).slice(0, 300).replace(/[.\s]+$/, '');
}

interface RegistryErrors {
  errors?: { code?: string; message?: string }[];
  message?: unknown;
  details?: unknown;
  error?: unknown;
}

function fromJson(text: string): string | undefined {
  const { errors, message, details, error } = (parseJson(text) ?? {}) as RegistryErrors;
  const [first] = Array.isArray(errors) && message === undefined ? errors : [];
  if (first) return [first.code?.toLowerCase?.(), first.message].filter(Boolean).join(': ');
  const plain = message ?? details ?? error;
  return typeof plain === 'string' ? plain : undefined;
}
