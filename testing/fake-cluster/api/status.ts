/** An answer that is no object: Kubernetes' own `Status`. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: Record<string, unknown>;
  code: number;
}

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export function failureStatus(
  code: number,
  message: string,
  more: { reason?: string; details?: Record<string, unknown> } = {},
): Status {
  const reason = more.reason ?? REASONS[code] ?? 'Unknown';
  const details = more.details && { details: more.details };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...details,
    code,
  };
}

/** Thrown anywhere in the double; the server answers with its status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(readonly status: Status) {
    super(status.message);
  }
}

export function apiError(...args: Parameters<typeof failureStatus>): ApiError {
  return new ApiError(failureStatus(...args));
}

export interface Subject {
  /** Plural, with the group unless it is the core's: `jobs.batch`. */
  resource: string;
  group: string;
  plural: string;
  kind: string;
}

const details = ({ group, plural }: Subject, name: string) => ({
  name,
  ...(group && { group }),
  kind: plural,
});

export function notFound(subject: Subject, name: string): ApiError {
  return apiError(404, `${subject.resource} "${name}" not found`, { details: details(subject, name) });
}

export function alreadyExists(subject: Subject, name: string): ApiError {
  return apiError(409, `${subject.resource} "${name}" already exists`, {
    reason: 'AlreadyExists',
    details: details(subject, name),
  });
}

/** @param why without a full stop, as admission plugins give it */
export function forbidden(subject: Subject, name: string, why: string): ApiError {
  return apiError(403, `${subject.resource} "${name}" is forbidden: ${why}`, {
    details: details(subject, name),
  });
}

/** @param causes `spec.containers[0].image: Required value` */
export function invalid(subject: Subject, name: string, causes: readonly string[]): ApiError {
  const list = causes.length === 1 ? causes[0] : `[${causes.join(', ')}]`;
  const kind = subject.group ? `${subject.kind}.${subject.group}` : subject.kind;
  return apiError(422, `${kind} "${name}" is invalid: ${list}`, {
    details: {
      name,
      ...(subject.group && { group: subject.group }),
      kind: subject.kind,
      causes: causes.map((cause) => ({
        reason: cause.includes('Required value') ? 'FieldValueRequired' : 'FieldValueInvalid',
        message: cause.replace(/^[^:]*: /, ''),
        field: cause.replace(/:.*$/s, ''),
      })),
    },
  });
}
