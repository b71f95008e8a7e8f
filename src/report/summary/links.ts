import type { Source } from '../../facts/source.js';
import type { Place } from '../../lib/errors.js';

export type Links = ReturnType<typeof linksOf>;

/**
 * Pages of what a summary names; undefined where there is none for certain. Only GitHub, and what speaks its language,
 * has pages at these addresses.
 */
export function linksOf(source: Source | undefined) {
  const { repository, url } = source ?? {};
  const own = repository !== undefined && url !== undefined && /^https?:/.test(url) ? url : undefined;
  const of = (other: string | undefined) => {
    if (other === undefined || own === undefined) return own;
    return /^[\w.-]+\/[\w.-]+$/.test(other) ? `${new URL(own).origin}/${other}` : undefined;
  };
  const page = (base: string | undefined, ...path: string[]) =>
    base && [base, ...path.map((part) => encodePath(part))].join('/');
  return {
    commit: (commit: string) => page(own, 'commit', commit),
    compare: (from: string, to: string) =>
      from === to ? page(own, 'commit', to) : page(own, 'compare', `${from}...${to}`),
    branch: (name: string, other?: string) => page(of(other), 'tree', name),
    tag: (name: string) => page(own, 'tree', name),
    pullRequest: (number: number) => page(own, 'pull', String(number)),
    run: (id: number) => page(own, 'actions/runs', String(id)),
    /** @param at commit, or a branch */
    file: ({ file, line, endLine }: Place, at: string, other?: string) => {
      const found = isPath(file) ? page(of(other), 'blob', at, file) : undefined;
      if (found === undefined || line === undefined) return found;
      return `${found}#L${line}${endLine === undefined || endLine <= line ? '' : `-L${endLine}`}`;
    },
    /** The page where a registry shows an image. @param from the repository that its label names */
    image: (image: string, from: string | undefined) => {
      const [host, owner, ...rest] = image.split('/');
      const name = rest.join('/');
      if (owner === undefined || name === '') return undefined;
      if (host === 'docker.io') return `https://hub.docker.com/r/${owner}/${name}`;
      if (host === 'quay.io') return `https://quay.io/repository/${owner}/${name}`;
      // A package belongs to the repository that its first image's label named.
      const ours = own?.startsWith('https://github.com/') && from?.toLowerCase() === own.toLowerCase();
      const same = repository?.split('/')[0]?.toLowerCase() === owner;
      return host === 'ghcr.io' && ours && same ? `${own}/pkgs/container/${encodeURIComponent(name)}` : undefined;
    },
  };
}

/** Places may be named otherwise than by a path: `input "config-inline"`. */
function isPath(file: string): boolean {
  return !/["\s]|^\/|^\.\.?(\/|$)|^-$/.test(file);
}

/** Brackets would end a link in Markdown. */
function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll(/[()!'*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`))
    .join('/');
}
