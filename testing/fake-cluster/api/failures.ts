import type { RequestFault } from '../faults.js';
import { denial } from './access.js';
import type { Ask } from './ask.js';
import { type ApiError, apiError } from './status.js';

type Refusal = Exclude<RequestFault, { type: 'lost' | 'stream-cut' }>;

/** The answer of a planned fault. */
export function requestFailure(
  fault: Refusal,
  { target, user, verb }: Ask,
  { resource: named = '' }: { resource?: string },
): ApiError {
  const { resource, namespace } = target;
  switch (fault.type) {
    case 'forbidden':
      return denial(user, { verb, group: resource.group, resource: named, namespace, name: target.name });
    case 'unauthorized':
      return apiError(401, 'Unauthorized');
    case 'status':
      return apiError(fault.code, fault.message ?? 'the server is currently unable to handle the request', {
        ...(fault.reason !== undefined && { reason: fault.reason }),
      });
  }
}
