import type { RequestFault } from '../faults.js';
import { denial } from './access.js';
import type { Ask } from './ask.js';
import { type ApiError, apiError, forbidden } from './status.js';

type Refusal = Exclude<RequestFault, { type: 'lost' | 'stream-cut' }>;

/** The answer of a planned fault. */
export function requestFailure(
  fault: Refusal,
  { target, user, verb }: Ask,
  { name = '', resource: named = '' }: { name?: string; resource?: string },
): ApiError {
  const { resource, namespace } = target;
  switch (fault.type) {
    case 'forbidden':
      return denial(user, { verb, group: resource.group, resource: named, namespace, name: target.name });
    case 'unauthorized':
      return apiError(401, 'Unauthorized');
    case 'quota':
      return forbidden(
        resource,
        name,
        'exceeded quota: compute, requested: limits.memory=4Gi, used: limits.memory=6Gi, limited: limits.memory=8Gi',
      );
    case 'limit-range':
      return forbidden(resource, name, 'maximum memory usage per Container is 1Gi, but limit is 4Gi');
    case 'status':
      return apiError(fault.code, fault.message ?? 'the server is currently unable to handle the request', {
        ...(fault.reason !== undefined && { reason: fault.reason }),
      });
  }
}
