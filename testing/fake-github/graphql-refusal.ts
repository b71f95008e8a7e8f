import type { Caller, Permission } from './repository.js';
import { may } from './repository.js';

/** An error of a GraphQL answer; GitHub puts `type` beside `message`. */
export class GraphqlRefusal extends Error {
  override readonly name = 'GraphqlRefusal';
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

export function requireWrite({ caller }: { caller: Caller }, permission: Permission): void {
  if (may(caller, permission, 'write')) return;
  const subject = caller.type === 'Bot' ? 'integration' : 'personal access token';
  throw new GraphqlRefusal('FORBIDDEN', `Resource not accessible by ${subject}`);
}
