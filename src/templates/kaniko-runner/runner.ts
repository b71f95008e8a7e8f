import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Config, ImageConfig } from '../../config/config.js';
import type { Source } from '../../facts/source.js';
import { problem, throwProblems, type Problem } from '../../lib/errors.js';
import { resolveImageName } from '../../plan/references.js';

/** A Deployment in the cluster in which builds are started. */
export interface Runner {
  images: RunnerImage[];
  /** Without scheme: `github.com/acme/shop.git`, as in Kaniko's git context. */
  repository: string;
  branch: string;
  settings: KanikoSettings;
  /** Keeps cache mounts (`RUN --mount=type=cache`) between builds. */
  cache: 'emptyDir' | 'pvc';
}

export interface RunnerImage extends Pick<
  ImageConfig,
  'key' | 'context' | 'dockerfile' | 'target' | 'args' | 'labels' | 'secrets'
> {
  image: string;
}

/** Name of the Deployment, and prefix of the names of its parts. */
export const RUNNER = 'kaniko-build-runner';
/** Key `token`; optional for a public repository. */
export const GIT_SECRET = 'kaniko-git';
export const BUILD_SECRETS = 'kaniko-build-secrets';
export const SECRETS_FOLDER = '/kaniko/build-secrets';

/** Type `kubernetes.io/dockerconfigjson`. */
export const registrySecretOf = ({ settings }: Runner): string => settings.registrySecret ?? 'kaniko-registry';

export function secretIdsOf({ images }: Runner): string[] {
  return [...new Set(images.flatMap(({ secrets }) => secrets.map(({ id }) => id)))];
}

/**
 * @param request.repository the remote to clone from; undefined: the origin of the checkout
 * @throws ReleaseError with all problems: `scaffold/repository-unknown`, `kaniko/unsupported`, `image/*`
 */
export function planRunner(
  request: { config: Config; source: Pick<Source, 'repository' | 'url' | 'defaultBranch'> } & Pick<Runner, 'cache'> &
    Partial<Pick<Runner, 'repository'>>,
): Runner {
  const { config, source, repository: given, cache } = request;
  const repository = gitContext(given ?? source.url);
  const message =
    given === undefined
      ? 'This checkout has no origin that can be cloned by https, and the runner builds from git.'
      : '--repository is no https address.';
  const problems = repository === undefined ? [problem({ code: 'scaffold/repository-unknown', message })] : [];
  const owner = source.repository?.split('/')[0];
  const images = config.images.flatMap((image): RunnerImage[] => {
    problems.push(...unsupported(image, config));
    const { key, image: written } = image;
    const place = config.place(`images.${key}.image`);
    const name = resolveImageName({ key, registry: config.registry, image: written, owner, place });
    if (typeof name === 'string') return [{ ...image, image: name }];
    problems.push(name);
    return [];
  });
  throwProblems(problems);
  const settings = config.builder.settings.find((one): one is KanikoSettings => one.type === 'kaniko');
  const branch = source.defaultBranch ?? 'main';
  return { images, repository: repository ?? '', branch, settings: settings ?? { type: 'kaniko' }, cache };
}

/** Kaniko's git context has a separate scheme, and clones by https. */
function gitContext(url: string | undefined): string | undefined {
  const [, address] = /^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(url ?? '') ?? [];
  if (address === undefined) return undefined;
  return address.endsWith('.git') ? address : `${address}.git`;
}

/** The runner passes the Dockerfile in the repository to Kaniko as it is. */
function unsupported(image: ImageConfig, config: Config): Problem[] {
  const { key, contexts, extra, context, platforms, dockerfileInline } = image;
  const found: [setting: string, message: string][] = [];
  for (const [name, source] of Object.entries(contexts))
    found.push([`contexts.${name}`, `needs the named context ${name} (${source})`]);
  for (const name of Object.keys(extra)) found.push([name, `needs the setting ${name} of a bake file`]);
  if (dockerfileInline !== undefined) found.push(['dockerfile', 'has its Dockerfile in a bake or compose file']);
  if (/^[a-z][a-z0-9+.-]*:|^git@/i.test(context))
    found.push(['context', `has a context outside the repository (${context})`]);
  if (platforms.length > 1) found.push(['platforms', 'has several platforms, and the runner has one']);
  return found.map(([setting, message]) =>
    problem({
      code: 'kaniko/unsupported',
      image: key,
      message: `Image ${key} ${message}.`,
      fix: 'Change the image, or build it by `image-release release --builder kaniko`.',
      place: config.place(`images.${key}.${setting}`),
    }),
  );
}
