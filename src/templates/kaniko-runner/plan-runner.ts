import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Config, ImageConfig } from '../../config/config.js';
import type { Source } from '../../facts/source.js';
import { throwProblems, type Problem } from '../../lib/errors.js';
import { resolveImageName } from '../../plan/references.js';
import type { Runner, RunnerImage } from './runner.js';

export interface RunnerWish {
  config: Config;
  source: Pick<Source, 'repository' | 'url' | 'defaultBranch'>;
  /** Where it is cloned from; undefined: the checkout's origin. */
  repository?: string;
  cache: Runner['cache'];
}

/**
 * What a runner in the cluster builds for a configuration.
 * @throws ReleaseError with everything that stands against it: `scaffold/*`, `image/*`
 */
export function planRunner({ config, source, repository: given, cache }: RunnerWish): Runner {
  const repository = repositoryOf(given ?? source.url);
  const problems: Problem[] = repository === undefined ? [unknownRepository(given)] : [];
  const owner = source.repository?.split('/')[0];
  const images = config.images.flatMap((image): RunnerImage[] => {
    problems.push(...objections(image, config));
    const { key, image: written } = image;
    const place = config.place(`images.${key}.image`);
    const name = resolveImageName({ key, registry: config.registry, image: written, owner, place });
    if (typeof name === 'string') return [{ ...image, image: name }];
    problems.push(name);
    return [];
  });
  throwProblems(problems);
  const settings = config.builder.settings.find((one): one is KanikoSettings => one.type === 'kaniko');
  return {
    images,
    repository: repository ?? '',
    branch: source.defaultBranch ?? 'main',
    settings: settings ?? { type: 'kaniko' },
    cache,
  };
}

/** Kaniko's git context has a scheme of its own and clones by https. */
function repositoryOf(url: string | undefined): string | undefined {
  const [, address] = /^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(url ?? '') ?? [];
  if (address === undefined) return undefined;
  return address.endsWith('.git') ? address : `${address}.git`;
}

function unknownRepository(given: string | undefined): Problem {
  return {
    code: 'scaffold/repository-unknown',
    severity: 'error',
    message:
      given === undefined
        ? 'This checkout has no origin that can be cloned by https, and the runner builds from git.'
        : '--repository is no https address.',
    fix: 'Give it: --repository https://github.com/OWNER/NAME.',
  };
}

/** What needs more than the Dockerfile and the repository. */
function objections(image: ImageConfig, config: Config): Problem[] {
  const { key } = image;
  const found: [setting: string, message: string][] = [
    ...Object.entries(image.contexts).map(([name, source]): [string, string] => [
      `contexts.${name}`,
      `stands on the named context ${name} (${source})`,
    ]),
    ...Object.keys(image.extra).map((name): [string, string] => [
      name,
      `has the setting ${name} of a bake file`,
    ]),
    ...(image.dockerfileInline === undefined
      ? []
      : [['dockerfile', 'has its Dockerfile in a bake or compose file'] as [string, string]]),
    ...(/^[a-z][a-z0-9+.-]*:|^git@/i.test(image.context)
      ? [['context', `has a context outside of the repository (${image.context})`] as [string, string]]
      : []),
    ...(image.platforms.length > 1
      ? [['platforms', 'is built for several platforms, and the runner has one'] as [string, string]]
      : []),
  ];
  return found.map(([setting, message]) => ({
    code: 'scaffold/not-buildable',
    severity: 'error',
    image: key,
    message: `Image ${key} ${message}.`,
    fix: 'The runner hands the Dockerfile to Kaniko as it stands; build this image by `image-release release --builder kaniko`.',
    place: config.place(`images.${key}.${setting}`),
  }));
}
