import { DOCKER_HUB, parseReference } from '../../plan/references.js';

/**
 * An image as BuildKit names it in attestations: a package URL of its name as people write it
 * (https://github.com/moby/buildkit/blob/master/util/purl/image.go).
 */
export function packageUrl(reference: string, platform?: string): string {
  const { host, repository, tag, digest } = parseReference(reference)!;
  const name = DOCKER_HUB.includes(host) ? repository.replace(/^library\//, '') : `${host}/${repository}`;
  const version = tag ?? (digest === undefined ? 'latest' : undefined);
  const qualifiers = [
    ...(digest === undefined ? [] : [`digest=${encodeURIComponent(digest)}`]),
    ...(platform === undefined ? [] : [`platform=${encodeURIComponent(platform)}`]),
  ];
  return [
    `pkg:docker/${name.split('/').map(encodeURIComponent).join('/')}`,
    version === undefined ? '' : `@${encodeURIComponent(version)}`,
    qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`,
  ].join('');
}
