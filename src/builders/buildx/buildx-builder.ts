import type { BuildxSettings } from '../../config/builder-settings.js';
import type { BuilderFacts, Buildx, BuildxAbilities, DockerFacts, DockerServer } from '../../facts/docker.js';
import type { Problem } from '../../lib/errors.js';
import { isLoopback } from '../../lib/loopback.js';
import type { Plan } from '../../plan/plan.js';
import { splitImageName } from '../../plan/references.js';
import type { Push } from './bake-definition.js';

/** What the planned builds ask of a builder. */
export interface BuildNeeds {
  push: boolean;
  /** Nothing may stand under a tag. */
  byDigest: boolean;
  attestations: boolean;
  /** All platforms asked for by name. */
  platforms: string[];
  /** An image is built for several platforms at once. */
  manyPlatforms: boolean;
  cacheExport: boolean;
  /** A registry on this machine's loopback is pushed to, or holds a base. */
  loopbackRegistry: boolean;
}

/** A builder of buildx, with the way of pushing that it allows. */
export type BuildxBuilder =
  | { type: 'existing'; name: string; driver: string; output: Exclude<Push, 'no'> }
  | NewBuilder;

/** One that is made for the run, and removed after it unless it is to be kept. */
export interface NewBuilder {
  type: 'new';
  driver: 'docker-container' | 'kubernetes' | 'remote';
  nodes: [BuilderNodeOrder, ...BuilderNodeOrder[]];
  /** Its name: used where it exists, made where it doesn't, and kept. */
  keep?: string;
  /** Why it is made, a sentence without a full stop. */
  reason: string;
  output: 'by-digest';
}

/** One `docker buildx create`; those after the first with `--append`. */
export interface BuilderNodeOrder {
  /** Of a remote one. */
  endpoint?: string;
  /** Those that it is to build; empty: what it says itself. */
  platforms: string[];
  /** `key=value` for `--driver-opt`. */
  options: string[];
}

export type BuilderVerdict =
  | { status: 'chosen'; builder: BuildxBuilder; abilities: BuildxAbilities; warnings: Problem[] }
  | { status: 'impossible'; problems: [Problem, ...Problem[]] };

export interface BuilderQuestion {
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
 * Decides which builder builds. The present one unless it can't do what the plan needs: only the docker
 * driver falls short, mostly over the classic image store, and then a docker-container builder is started.
 */
export function chooseBuildxBuilder(question: BuilderQuestion): BuilderVerdict {
  const present = presentBuilder(question.facts, question.settings);
  if ('problem' in present) return { status: 'impossible', problems: [present.problem] };
  const { builder, server, abilities } = present;
  const warnings = emulationWarnings(
    builder.nodes.map(({ platforms }) => platforms),
    question.needs,
  );
  const lacking = builder.driver === 'docker' ? lacks(server, question.needs) : undefined;
  if (lacking === undefined) {
    const { name, driver } = builder;
    const output = driver === 'docker' ? pushOf(server) : 'by-digest';
    return { status: 'chosen', builder: { type: 'existing', name, driver, output }, abilities, warnings };
  }
  const { settings, needs } = question;
  const options = [
    ...(needs.loopbackRegistry ? ['network=host'] : []),
    ...(settings.image === undefined ? [] : [`image=${settings.image}`]),
  ];
  return {
    status: 'chosen',
    builder: {
      type: 'new',
      driver: 'docker-container',
      nodes: [{ platforms: [], options }],
      reason: lacking,
      output: 'by-digest',
    },
    abilities,
    warnings,
  };
}

const DRIVER_LACKS = "Docker's own builder can't push by digest";

const CLASSIC_STORE_LACKS: readonly [need: (needs: BuildNeeds) => boolean, reason: string][] = [
  [(needs) => needs.attestations, "Docker's classic image store can't push attestations"],
  [(needs) => needs.manyPlatforms, "Docker's classic image store can't hold several platforms of an image"],
  [(needs) => needs.cacheExport, "Docker's classic image store can't export build cache"],
];

function pushOf(server: DockerServer): 'under-release-tag' | 'by-the-daemon' {
  return server.status === 'ready' && server.imageStore === 'classic' ? 'by-the-daemon' : 'under-release-tag';
}

function lacks(server: DockerServer, needs: BuildNeeds): string | undefined {
  if (needs.byDigest) return DRIVER_LACKS;
  if (server.status !== 'ready' || server.imageStore === 'containerd') return undefined;
  return CLASSIC_STORE_LACKS.find(([need]) => need(needs))?.[1];
}

/** Docker's client and a buildx that is new enough: no driver goes without. */
export function presentBuildx(
  facts: DockerFacts,
): { buildx: Extract<Buildx, { status: 'present' }>; server: DockerServer } | { problem: Problem } {
  if (facts.docker === 'missing') {
    return problem(
      'build/docker-missing',
      'The docker command is not on PATH.',
      `Install Docker with buildx: https://docs.docker.com/engine/install/.${podHint(facts)}`,
    );
  }
  const { buildx, server } = facts;
  if (buildx.status === 'missing') {
    return problem(
      'build/buildx-missing',
      `Docker ${facts.client} has no buildx: ${buildx.message}`,
      'Install the buildx plugin (package docker-buildx-plugin, on Debian docker-buildx), 0.13 or newer.',
    );
  }
  if (isTooOld(buildx.version)) {
    return problem(
      'build/buildx-too-old',
      `buildx is too old: it is ${buildx.version}, needed is 0.13.`,
      'Update the buildx plugin; in Actions use a newer runner image, or docker/setup-buildx-action.',
    );
  }
  return { buildx, server };
}

const podHint = ({ pod }: DockerFacts) => (pod ? POD_HINT : '');
const POD_HINT =
  ' In a pod use an existing BuildKit: `docker buildx create --driver remote tcp://… --use`, or `--driver kubernetes`.';

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
    return problem(
      'build/daemon-unreachable',
      `Docker gives no answer: ${server.message}`,
      `Start the Docker daemon, or point DOCKER_HOST or the docker context to one that runs.${podHint(facts)}`,
    );
  }
  if (builder.status === 'unusable') {
    const named = settings.name;
    const label = named ?? builder.name;
    return problem(
      'build/builder-unusable',
      `The ${label === undefined ? 'selected builder' : `builder ${label}`} can't be used: ${builder.message.replace(/\.?$/, '.')}`,
      named === undefined
        ? 'See `docker buildx ls`; select one that runs with `docker buildx use NAME`, or unset BUILDX_BUILDER.'
        : 'See `docker buildx ls`, and correct `builder.name` in the configuration.',
    );
  }
  if (builder.driver === 'remote' && !builder.nodes.some((node) => node.status === 'running')) {
    return problem(
      'build/builder-unusable',
      `The remote builder ${builder.name} gives no answer.`,
      `Check that its BuildKit runs and can be reached: \`docker buildx inspect ${builder.name}\`.`,
    );
  }
  return { builder, server, abilities: buildx.abilities };
}

/** A version that can't be read (`v0.0.0+unknown`) is given the benefit of the doubt. */
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
  const whose = nodes.length === 1 ? "The builder doesn't run" : 'No node of the builder runs';
  const emulators = [...new Set(missing.map(architectureOf))].join(',');
  return [
    {
      code: 'build/no-emulation',
      severity: 'warning',
      message: `${whose} ${missing.join(', ')} itself: a RUN step for it fails with "exec format error".`,
      fix: `Set up emulation on the machine that builds (docker/setup-qemu-action, or \`docker run --privileged --rm tonistiigi/binfmt --install ${emulators}\`), cross-compile with \`FROM --platform=$BUILDPLATFORM\`, or add a node of that platform (\`docker buildx create --append\`, or \`nodes\` of \`builder\`).`,
    },
  ];
}

export function architectureOf(platform: string): string {
  return platform.split('/')[1] ?? platform;
}

function problem(code: Problem['code'], message: string, fix: string): { problem: Problem } {
  return { problem: { code, severity: 'error', message, fix } };
}
