import type { Found, Replaced } from './found.js';
import { LOGIN } from './migrate/findings.js';

/** The release logs in to one registry: of the others the steps stay. @param host that the release logs in to */
export function replacedLogins({ replaced, logins: found }: Found, host: string): Replaced[] {
  const others = found.filter((login) => login.host !== host);
  const isOther = ({ what, by }: Replaced) =>
    by === LOGIN && others.some((login) => what.endsWith(`(${login.host})`));
  return replaced.map((each) =>
    isOther(each) ? { ...each, by: `the same step: the release itself logs in to ${host} alone` } : each,
  );
}

/** Steps that are to be kept for registries beside that of the release. */
export function otherLogins({ logins: found }: Found, host: string): string[] {
  return found
    .filter((login) => login.host !== host)
    .map(
      (login) =>
        `The release logs in to ${host}: keep the step that logs in to ${login.host} before it if images are pushed there or pulled from there.`,
    );
}
