/** How a registry wants requests to be authorised: its `WWW-Authenticate` header, understood. */
export type Challenge =
  | { scheme: 'none' }
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service?: string; error?: string };

/**
 * Reads a `WWW-Authenticate` header (RFC 7235, distribution's token specification).
 * Undefined: a scheme that this client doesn't speak.
 */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const match = /^\s*(basic|bearer)\b(.*)$/is.exec(header ?? '');
  if (match === null) return undefined;
  if (match[1]?.toLowerCase() === 'basic') return { scheme: 'basic' };
  const parameters = Object.fromEntries(
    [...(match[2] ?? '').matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)].map(
      ([, name = '', quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''],
    ),
  );
  if (!parameters.realm) return undefined;
  return {
    scheme: 'bearer',
    realm: parameters.realm,
    service: parameters.service,
    error: parameters.error,
  };
}
