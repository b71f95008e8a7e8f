import type { BuildxSettings } from '../../config/builder-settings.js';
import type { BuilderFacts, Buildx, BuildxAbilities, DockerFacts, DockerServer } from '../../facts/docker.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import { isLoopback } from '../../lib/loopback.js';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../lib/problem-catalogue.js';
import type { Plan } from '../../plan/plan.js';
import { splitImageName } from '../../plan/references.js';
import type { Push } from './bake-definition.js';

/** Needs of the planned builds. */
export interface BuildNeeds {
  push: boolean;
  /** No tag may be pushed. */
  byDigest: boolean;
  attestations: boolean;
  /** All configured platforms. */
  platforms: string[];
  /** An image is built for several platforms at once. */
  manyPlatforms: boolean;
  cacheExport: boolean;
  /** A registry on this machine's loopback gets an image, or has a base. */
  loopbackRegistry: boolean;
}

export type BuildxBuilder =
  | { type: 'existing'; name: string; driver: string; output: Exclude<Push, 'no'> }
  | NewBuilder;

/** Created for the run, and removed after it without `keep`. */
export interface NewBuilder {
  type: 'new';
  driver: 'docker-container' | 'kubernetes' | 'remote';
  nodes: [BuilderNode, ...BuilderNode[]];
  /** Name of a builder that is created if there is none, and kept. */
  keep?: string;
  /** Why it is created, a sentence without a full stop. */
  reason: string;
  output: 'by-digest';
}

/** One `docker buildx create`; those after the first with `--append`. */
export interface BuilderNode {
  /** Of a remote one. */
  endpoint?: string;
  /** Empty: those that it reports itself. */
  platforms: string[];
  /** `key=value` for `--driver-opt`. */
  options: string[];
}

export type BuildxChoice =
  | { status: 'chosen'; builder: BuildxBuilder; abilities: BuildxAbilities; warnings: Problem[] }
  | { status: 'impossible'; problems: [Problem, ...Problem[]] };

export interface BuildxInputs {
  facts: DockerFacts;
  needs: BuildNeeds;
  settings: BuildxSettings;
}

export function needsOf(plan: Plan): BuildNeeds {
  const push = plan.publish.mode !== 'build-only';
  const built = plan.images.filter(({ status }) => status === 'build');
  return {
    push,
    byDigest: plan.publish.mode === 'by-digest',
    attestations: push && built.some(({ attest }) => attest.provenance !== 'off' || attest.sbom !== 'off'),
    platforms: [...new Set(built.flatMap((image) => image.platforms))],
    manyPlatforms: built.some((image) => image.platforms.length > 1),
    cacheExport: built.some((image) => image.cacheTo.length > 0),
    loopbackRegistry: plan.images.some(
      ({ image, status }) => (push || status === 'unchanged') && isLoopback(splitImageName(image).host),
    ),
  };
}

/**
 * Chooses the selected builder, unless it is the docker driver and lacks something, mostly because of the classic image
 * store: then a docker-container builder is started.
 */
export function chooseBuildxBuilder({ facts, needs, settings }: BuildxInputs): BuildxChoice {
  const present = presentBuilder(facts, settings);
  if ('problem' in present) return { status: 'impossible', problems: [present.problem] };
  const { builder, server, abilities } = present;
  const warnings = emulationWarnings(
    builder.nodes.map(({ platforms }) => platforms),
    needs,
  );
  const lacking = builder.driver === 'docker' ? lacks(server, needs) : undefined;
  if (lacking === undefined) {
    const { name, driver } = builder;
    const pushed = isClassic(server) ? 'by-the-daemon' : 'under-release-tag';
    const output = driver === 'docker' ? pushed : 'by-digest';
    return { status: 'chosen', builder: { type: 'existing', name, driver, output }, abilities, warnings };
  }
  return { status: 'chosen', builder: containerBuilder(needs, lacking, settings.image), abilities, warnings };
}

/** @param image of BuildKit; undefined: buildx's own choice */
export function containerBuilder(needs: BuildNeeds, reason: string, image?: string): NewBuilder {
  const options = [
    ...(needs.loopbackRegistry ? ['network=host'] : []),
    ...(image === undefined ? [] : [`image=${image}`]),
  ];
  return { type: 'new', driver: 'docker-container', nodes: [{ platforms: [], options }], reason, output: 'by-digest' };
}

const DRIVER_LACKS = "Docker's own builder can't push by digest";

const CLASSIC_STORE_LACKS: readonly [need: (needs: BuildNeeds) => boolean, reason: string][] = [
  [(needs) => needs.attestations, "Docker's classic image store can't push attestations"],
  [(needs) => needs.manyPlatforms, "Docker's classic image store can't hold several platforms of an image"],
  [(needs) => needs.cacheExport, "Docker's classic image store can't export build cache"],
];

const isClassic = (server: DockerServer) => server.status === 'ready' && server.imageStore === 'classic';

function lacks(server: DockerServer, needs: BuildNeeds): string | undefined {
  if (needs.byDigest) return DRIVER_LACKS;
  return isClassic(server) ? CLASSIC_STORE_LACKS.find(([need]) => need(needs))?.[1] : undefined;
}

/** Docker's client and a recent buildx: every driver needs them. */
export function presentBuildx(
  facts: DockerFacts,
): { buildx: Extract<Buildx, { status: 'present' }>; server: DockerServer } | { problem: Problem } {
  if (facts.docker === 'missing') {
    const code = 'build/docker-missing';
    return {
      problem: problem({ code, message: 'The docker command is not on PATH.', ...podFix(facts, code) }),
    };
  }
  const { buildx, server } = facts;
  const missing = (message: string) => ({ problem: problem({ code: 'build/buildx-missing', message }) });
  if (buildx.status === 'missing') return missing(`Docker ${facts.client} has no buildx: ${buildx.message}`);
  if (isTooOld(buildx.version)) return missing(`buildx ${buildx.version} is too old: 0.13 is required.`);
  return { buildx, server };
}

function podFix({ pod }: DockerFacts, code: ProblemCode): { fix?: string } {
  return pod ? { fix: `${PROBLEM_CATALOGUE[code].fix} ${POD_FIX}` } : {};
}

const POD_FIX =
  'In a pod use an existing BuildKit: `docker buildx create --driver remote tcp://… --use`, or `--driver kubernetes`.';

type UsableBuilder = Extract<BuilderFacts, { status: 'usable' }>;

function presentBuilder(
  facts: DockerFacts,
  settings: BuildxSettings,
): { builder: UsableBuilder; server: DockerServer; abilities: BuildxAbilities } | { problem: Problem } {
  const found = presentBuildx(facts);
  if ('problem' in found) return found;
  const { buildx, server } = found;
  const { builder } = buildx;
  if (server.status === 'unreachable' && (builder.status === 'unusable' || builder.driver === 'docker')) {
    const code = 'build/daemon-unreachable';
    const message = `The Docker daemon doesn't answer: ${server.message}`;
    return { problem: problem({ code, message, ...podFix(facts, code) }) };
  }
  if (builder.status === 'unusable') {
    const label = settings.name ?? builder.name;
    return {
      problem: problem({
        code: 'build/builder-unusable',
        message: `The ${label === undefined ? 'selected builder' : `builder ${label}`} can't be used: ${builder.message.replace(/\.?$/, '.')}`,
      }),
    };
  }
  if (builder.driver === 'remote' && !builder.nodes.some((node) => node.status === 'running')) {
    return {
      problem: problem({
        code: 'build/builder-unusable',
        message: `The remote builder ${builder.name} doesn't answer.`,
        fix: `Check that its BuildKit runs and can be reached: \`docker buildx inspect ${builder.name}\`.`,
      }),
    };
  }
  return { builder, server, abilities: buildx.abilities };
}

/** A version without numbers (`v0.0.0+unknown`) counts as recent. */
function isTooOld(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)\.\d+/.exec(version) ?? [];
  return major === '0' && Number(minor) > 0 && Number(minor) < 13;
}

/**
 * Only a warning: a Dockerfile that cross-compiles, or only copies, needs no emulation.
 * @param nodes platforms of each node; empty: not known before it has been started
 */
export function emulationWarnings(nodes: readonly (readonly string[])[], needs: BuildNeeds): Problem[] {
  if (nodes.length === 0 || nodes.some((platforms) => platforms.length === 0)) return [];
  const available = nodes.flat();
  const missing = needs.platforms.filter(
    (platform) => !available.some((own) => own === platform || own.startsWith(`${platform}/`)),
  );
  if (missing.length === 0) return [];
  const subject = nodes.length === 1 ? "The builder doesn't run" : 'No node of the builder runs';
  const emulators = [...new Set(missing.map(architectureOf))].join(',');
  return [
    warning({
      code: 'build/no-emulation',
      message: `${subject} ${missing.join(', ')} itself: a RUN step for it fails with "exec format error".`,
      fix: `${PROBLEM_CATALOGUE['build/no-emulation'].fix} Without Actions: \`docker run --privileged --rm tonistiigi/binfmt --install ${emulators}\`.`,
    }),
  ];
}

export function architectureOf(platform: string): string {
  return platform.split('/')[1] ?? platform;
}
