import { missing, unprocessable } from './answer.js';

/** A required string of a request body. @throws ApiError 422 */
export function text(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (value === undefined || value === null) throw missing(field);
  if (typeof value !== 'string') {
    throw unprocessable(`Invalid request.\n\nFor 'properties/${field}', ${JSON.stringify(value)} is not a string.`);
  }
  return value;
}

export function optionalText(body: Record<string, unknown>, field: string): string | undefined {
  return body[field] === undefined || body[field] === null ? undefined : text(body, field);
}

/** An optional list of objects of a request body. @throws ApiError 422 */
export function list<T>(body: Record<string, unknown>, field: string): T[] | undefined {
  const value = body[field];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw unprocessable(`Invalid request.\n\nFor 'properties/${field}', not an array.`);
  return value as T[];
}

/** One page of a list (`per_page` ≤ 100, default 30) with the `link` header that Octokit pages by. */
export function page<T>(items: readonly T[], query: URLSearchParams, url: string) {
  const size = Math.min(Number(query.get('per_page') ?? 30) || 30, 100);
  const number = Math.max(Number(query.get('page') ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (to: number, rel: string) => {
    const parameters = new URLSearchParams(query);
    parameters.set('page', String(to));
    return `<${url}?${parameters.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    items: items.slice((number - 1) * size, number * size),
    headers: (links.length > 0 ? { link: links.join(', ') } : {}) as Record<string, string>,
  };
}

/** Strict base64 (line breaks allowed), as GitHub decodes it; undefined when it is none. */
export function decodeBase64(content: string): Buffer | undefined {
  const compact = content.replace(/\s/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)
    ? Buffer.from(compact, 'base64')
    : undefined;
}

/** Base64 in lines of 60 characters, as GitHub sends file contents. */
export function wrapBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,60}/g, '$&\n');
}
