import type { BaseImages, BuildDescription } from './description.js';
import type { BuildUse, Dockerfile, Stage, UnreadableDockerfile } from './dockerfile.js';
import { argumentsOf } from './instructions.js';
import { isKnownSyntax } from './parse.js';
import { openGlobalScope, own, UNKNOWN_PLATFORM, type Inherited } from './scope.js';
import { Findings, Refused, StageWalk } from './stage-walk.js';
import { UNKNOWN } from './substitute.js';

export type UseDescription = Pick<BuildDescription, 'target' | 'args' | 'platforms' | 'contexts'>;

/**
 * Finds the contexts and images that the stages of a target use, over all platforms. Doubts of the Dockerfile itself are not among
 * `unpinned`: if it has some, the whole context counts, and the image is always built.
 * @param bases external images, and those of this release under `image:<key>`, as far as they are known
 */
export function useOf(
  dockerfile: Dockerfile,
  description: UseDescription,
  bases: BaseImages,
): BuildUse | UnreadableDockerfile {
  const target = targetOf(dockerfile, description.target);
  if ('unreadable' in target) return target;
  const findings = new Findings();
  let inherited: Inherited | undefined;
  for (const platform of description.platforms) {
    const scope = openGlobalScope(dockerfile.globalArgs, description.args, platform, dockerfile.escape);
    if ('refused' in scope) return { unreadable: `ARG: ${scope.refused}`, line: scope.line };
    const walk = new StageWalk({ dockerfile, description, bases, scope, findings });
    try {
      inherited = common(inherited, walk.visit(target));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { unreadable: error.message, line: error.line };
    }
  }
  noteUnknownSettings(description, findings);
  return {
    ...findings.summary(),
    globalArgs: globalArgs(dockerfile, findings.globalArgs),
    passedOn: passedOnBy(inherited),
  };
}

/** The stages that go into a target, on any of the platforms. @returns undefined: BuildKit refuses the build */
export function stagesOf(
  dockerfile: Dockerfile,
  description: Omit<UseDescription, 'platforms'> & { platforms: readonly string[] },
): Stage[] | undefined {
  const platforms = description.platforms.length > 0 ? [...description.platforms] : [UNKNOWN_PLATFORM];
  const use = useOf(dockerfile, { ...description, platforms }, {});
  return 'unreadable' in use ? undefined : use.stages.map((index) => dockerfile.stages[index]!);
}

function targetOf({ stages }: Dockerfile, target: string | undefined): Stage | UnreadableDockerfile {
  if (target === undefined || target === '') return stages.at(-1)!;
  const found = stages.filter(({ name }) => name === target.toLowerCase()).at(-1);
  return found ?? { unreadable: `there is no stage ${target}` };
}

/** Settings next to the Dockerfile that are not understood here. */
function noteUnknownSettings({ args, platforms, contexts }: UseDescription, findings: Findings): void {
  const syntax = own(args, 'BUILDKIT_SYNTAX');
  if (syntax && !isKnownSyntax(syntax)) findings.unpinned(`BUILDKIT_SYNTAX names another frontend, ${syntax}`, 1);
  if (platforms.some((platform) => !/^linux\//i.test(platform)))
    findings.unpinned('paths of other systems than Linux are not understood here', 1);
  const special = Object.keys(contexts).find((name) => name.includes('::'));
  if (special !== undefined) findings.unpinned(`the context ${special} is for one platform alone`, 1);
}

function globalArgs({ globalArgs, escape }: Dockerfile, names: ReadonlySet<string>): string[] {
  return globalArgs
    .flatMap(({ rest }) => argumentsOf(rest, escape))
    .filter(({ name }) => names.has(name))
    .map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
}

/** Values that are the same for all platforms; the rest is not known. */
function common(one: Inherited | undefined, other: Inherited): Inherited {
  if (one === undefined) return other;
  const env = other.env.copy();
  for (const name of new Set([...one.env.values.keys(), ...env.values.keys()]))
    if (one.env.lookup(name) !== env.lookup(name)) env.values.set(name, UNKNOWN);
  return { env, triggers: one.triggers === undefined ? undefined : other.triggers };
}

function passedOnBy(inherited: Inherited | undefined): BuildUse['passedOn'] {
  const unresolved = 'its base image could not be asked';
  if (inherited?.triggers === undefined) return { unresolved };
  if (inherited.env.others === UNKNOWN)
    return inherited.triggers.length > 0 ? { unresolved } : { unresolved, assumed: 'no-triggers' };
  // PATH is always set.
  const env = [...inherited.env.values].filter(([name, value]) => !(name === 'PATH' && value.includes(UNKNOWN)));
  const unknown = env.find(([, value]) => value.includes(UNKNOWN));
  if (unknown) return { unresolved: `its variable ${unknown[0]} is not known before the build` };
  return {
    env: Object.fromEntries(env),
    onBuild: inherited.triggers.map(({ keyword, flags, rest }) =>
      [keyword, ...flags.map(({ name, value }) => `--${name}=${value}`), rest].join(' '),
    ),
  };
}
