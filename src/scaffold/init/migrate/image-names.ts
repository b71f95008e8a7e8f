import type { Place } from '../../../lib/errors.js';
import { hasHost } from '../../../plan/references.js';
import type { Repository } from '../found.js';
import { noteLeft, type Findings } from './findings.js';
import { hasHoles, holesIn, mapText, onlyHole, splitOutside } from './holes.js';
import { asExpression } from './tag-rules.js';

/** The full name of an image, lower-cased as every registry wants it; undefined where nothing but the key is known. */
export function imageName(
  written: string,
  place: Place,
  findings: Findings,
  repository: Repository,
): string | undefined {
  const name = mapText(written, (text) => text.toLowerCase())
    .replace(/^docker:\/\/|^https?:\/\//, '')
    .replace(/\/{2,}/g, '/');
  if (name === '' || name === '/') return undefined;
  if (!hasHoles(name)) return qualified(name);
  const [account, ...path] = splitOutside(name, /\//);
  const [hole = ''] = holesIn(name);
  const owner = repository.name?.split('/')[0]?.toLowerCase();
  const isAccount = path.length === 1 && !IS_HOST.test(hole) && IS_ACCOUNT.test(hole);
  if (account !== undefined && hasHoles(account) && path.length > 0 && !path.some(hasHoles)) {
    const rest = path.join('/');
    const known =
      isAccount && owner !== undefined
        ? `docker.io/${owner}/${rest}`
        : `${hostInFiles(rest, repository) ?? onlyLogin(findings) ?? onlyHost(findings) ?? NOWHERE}/${rest}`;
    noteLeft(
      findings,
      place,
      `${asExpression(written)}: only a run knows \`${hole}\``,
      `\`${known}\` is taken; ${isAccount ? 'correct the account if it has another name' : 'correct the registry'}.`,
    );
    return known;
  }
  // `ghcr.io/${{ vars.NAMESPACE }}/api`: what is fixed stays, the owner stands for the rest.
  const filled = splitOutside(name, /\//)
    .flatMap((part) => (hasHoles(part) ? (owner ?? []) : part))
    .join('/');
  const usable =
    path.some((part) => !hasHoles(part)) &&
    !isHole(path.at(-1)!) &&
    splitOutside(name, /\//).every(
      (part) => !hasHoles(part) || (holesIn(part).length === 1 && part.startsWith('$') && part.endsWith('}')),
    );
  noteLeft(
    findings,
    place,
    `${asExpression(written)}: only a run knows \`${hole}\``,
    `${usable ? `\`${filled}\` is taken; correct it` : 'Write the name'} under \`images.<key>.image\`.`,
  );
  return usable ? qualified(filled) : undefined;
}

/** Of the last part, which is the image's own name, nothing stands for it. */
const isHole = (part: string) => onlyHole(part) !== undefined;

/** `acme/api` is Docker Hub's; one word is a name for the local store only. */
function qualified(name: string): string | undefined {
  if (hasHost(name)) return name.replace(/^(?:index\.|registry-1\.)docker\.io\//, 'docker.io/');
  return name.includes('/') ? `docker.io/${name}` : undefined;
}

/** A name that can't exist, so that nothing is published to a registry that nobody chose (RFC 6761). */
const NOWHERE = 'registry.invalid';

const IS_HOST = /registry$|host(?:name)?$|server$|url$/i;
const IS_ACCOUNT = /user|owner|namespace|org|account|login|actor/i;

/** The one registry that manifests, Kustomizations and scripts name before the same path. */
function hostInFiles(path: string, { files }: Repository): string | undefined {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const named = new RegExp(`(?<![\\w./-])([\\w-]+(?:\\.[\\w-]+)+(?::\\d+)?)/${escaped}(?![\\w./-])`, 'g');
  return only(files.flatMap(({ text }) => [...text.matchAll(named)].map(([, host]) => host!)));
}

/** The one registry that all other images go to. */
function onlyHost({ builds }: Findings): string | undefined {
  const names = builds.flatMap(({ references, metadata }) => [...references, ...(metadata?.images ?? [])]);
  return only(
    names
      .filter((name) => !hasHoles(name.split('/')[0]!) && hasHost(name))
      .map((name) => name.split('/')[0]!),
  );
}

function only(words: readonly string[]): string | undefined {
  const [first, ...more] = new Set(words);
  return more.length === 0 ? first : undefined;
}

function onlyLogin({ logins }: Findings): string | undefined {
  const [only, ...more] = logins;
  return more.length === 0 ? only?.host : undefined;
}
