import type {
  BuilderChoice,
  BuilderType,
  BuildxSettings,
  DispatchSettings,
  KanikoSettings,
  KubernetesSettings,
  RemoteSettings,
} from '../../config/builder-settings.js';
import type { FactName, KnownFacts } from '../../facts/build-facts.js';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { BuildkitEndpoint, BuildkitStatus } from '../../facts/buildkit-endpoints.js';
import type { ClusterUse } from '../../facts/cluster.js';
import type { BuildxAbilities, DockerFacts, ListedBuilder } from '../../facts/docker.js';
import type { StorageFacts } from '../../facts/storage.js';
import { clusterProblems } from '../../kubernetes/rights.js';
import { errorsIn, problem, warning, type Problem } from '../../lib/errors.js';
import { chooseBuildxBuilder } from '../buildx/buildx-builder.js';
import type { BuildNeeds, BuildxBuilder, BuildxChoice } from '../buildx/buildx-builder.js';
import { kubernetesBuilder, remoteBuilder } from '../buildx/drivers.js';
import { accessProblem } from '../dispatch/github.js';
import { chooseWorkflow } from '../dispatch/workflow.js';

/** The first three build through buildx. */
export type ChosenBuilder =
  | { type: 'buildx' | 'remote' | 'kubernetes'; builder: BuildxBuilder; abilities: BuildxAbilities }
  | { type: 'kaniko'; settings: KanikoSettings }
  | { type: 'dispatch'; settings: DispatchSettings };

export type BuilderCheck =
  | {
      status: 'usable';
      builder: ChosenBuilder;
      /** After "building with": `the builder default (docker driver)`. */
      how: string;
      warnings: Problem[];
    }
  /** It exists, or was configured, and can't build. */
  | { status: 'impossible'; problems: [Problem, ...Problem[]] }
  /** There is none, or it isn't used here. */
  | { status: 'absent'; reason: string; fix: string }
  | { status: 'unknown'; missing: FactName };

export interface CheckedBuilder {
  /** Unique in one choice. */
  id: string;
  type: BuilderType;
  check: BuilderCheck;
}

export interface ChoiceInputs {
  choice: BuilderChoice;
  facts: KnownFacts;
  needs: BuildNeeds;
  workflows: readonly TextFile[];
  /** Paths with changes that are not in the commit. */
  uncommitted: readonly string[];
  kanikoUnsupported: readonly Problem[];
  /** Builders that failed in this run because they can't build here. */
  failed: readonly { id: string; problems: [Problem, ...Problem[]] }[];
}

/** The builder that is selected in buildx, or a BuildKit container if that lacks something. */
export function checkBuildx(settings: BuildxSettings, { facts, needs }: ChoiceInputs): BuilderCheck {
  if (facts.docker === undefined) return { status: 'unknown', missing: 'docker' };
  const choice = chooseBuildxBuilder({ facts: facts.docker, needs, settings });
  if (choice.status === 'impossible') return choice;
  const { builder } = choice;
  // The storage of this daemon matters only if it holds the layers.
  if (builder.type !== 'new' && builder.driver !== 'docker') return usable('buildx', choice, nameOf(builder));
  if (facts.storage === undefined) return { status: 'unknown', missing: 'storage' };
  const found = storageProblems(facts.docker, facts.storage);
  const refused = errorsIn(found);
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  return usable('buildx', { ...choice, warnings: [...choice.warnings, ...found] }, nameOf(builder));
}

function nameOf(builder: BuildxBuilder): string {
  return builder.type === 'existing'
    ? `the builder ${builder.name} (${builder.driver} driver)`
    : `a dedicated BuildKit container (${builder.reason})`;
}

const OVERLAY_DRIVERS = ['overlayfs', 'overlay2', 'overlay'];

/**
 * A daemon with its layers on overlayfs starts, pulls, and fails at the first layer on top of another. Docker's classic
 * store falls back to copying whole layers (vfs). https://docs.kernel.org/filesystems/overlayfs.html#upper-and-lower
 */
export function storageProblems(docker: DockerFacts, storage: StorageFacts): Problem[] {
  if (docker.docker === 'missing' || docker.server.status !== 'ready' || storage.seen === 'no') return [];
  const { storageDriver } = docker.server;
  const { path, fileSystem, mount, trial } = storage;
  if (storageDriver === 'vfs' && fileSystem === 'overlayfs') {
    return [
      warning({
        code: 'build/nested-overlay',
        message: `Docker copies whole layers (vfs), because its data in ${path} is on overlayfs: builds are slow and need much disk space.`,
      }),
    ];
  }
  if (!OVERLAY_DRIVERS.includes(storageDriver) || trial.result === 'mounted') return [];
  const refused = trial.result === 'refused' && trial.error === 'EINVAL';
  if (fileSystem !== 'overlayfs' && !refused) return [];
  const mounted = mount === undefined || mount.point === path ? '' : `, mounted at ${mount.point}`;
  const proof = refused ? 'the kernel refuses an overlay on it (EINVAL)' : 'no overlay can be mounted on it';
  return [
    problem({
      code: 'build/nested-overlay',
      message: `Docker here can't nest overlayfs: its layers in ${path} are on ${fileSystem}${mounted}, and ${proof}.`,
    }),
  ];
}

/** A builder of `docker buildx ls` that isn't selected. */
export function checkListed(listed: ListedBuilder, { facts, needs }: ChoiceInputs): BuilderCheck {
  const { docker } = facts;
  if (docker === undefined) return { status: 'unknown', missing: 'docker' };
  const { name, driver, nodes, message } = listed;
  const absent = (reason: string, fix: string) =>
    ({ status: 'absent', reason: `the builder ${name} ${reason}`, fix }) as const;
  if (message !== undefined) return absent(`can't be used: ${message}`, `See \`docker buildx inspect ${name}\`.`);
  // To start one may cost time, or pods in a cluster.
  if (!nodes.some(({ status }) => status === 'running'))
    return absent('does not run', `Start it: \`docker buildx inspect --bootstrap ${name}\`.`);
  const selected: DockerFacts =
    docker.docker === 'missing' || docker.buildx.status === 'missing'
      ? docker
      : { ...docker, buildx: { ...docker.buildx, builder: { status: 'usable', name, driver, nodes } } };
  const choice = chooseBuildxBuilder({ facts: selected, needs, settings: { type: 'buildx', name } });
  return choice.status === 'impossible' ? choice : usable('buildx', choice, nameOf(choice.builder));
}

/** BuildKits that the configuration names, or one that was found. */
export function checkRemote(settings: RemoteSettings, { facts, needs }: ChoiceInputs): BuilderCheck {
  const { docker, endpoints } = facts;
  if (docker === undefined) return { status: 'unknown', missing: 'docker' };
  if (endpoints === undefined) return { status: 'unknown', missing: 'endpoints' };
  const known = settings.nodes.map(({ endpoint }) => endpoints.find(({ address }) => address === endpoint));
  const refused = errorsIn(
    known.flatMap((found) =>
      found === undefined || found.answer.status === 'serves' ? [] : [unreachable(found, found.answer)],
    ),
  );
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  const how = `the BuildKit at ${settings.nodes.map(({ endpoint }) => endpoint).join(', ')}`;
  return usable('remote', remoteBuilder(settings, { docker, needs, reason: `${how} builds` }), how);
}

function unreachable(
  { address, from }: BuildkitEndpoint,
  answer: Exclude<BuildkitStatus, { status: 'serves' }>,
): Problem {
  return problem({
    code: 'build/builder-unusable',
    message: `The BuildKit at ${address} (from ${from}) can't be used: ${answer.message}.`,
    fix: 'Check that buildkitd runs and listens there (`buildctl --addr … debug workers`); if it requires TLS, add `tls` next to `endpoint` in `builder`.',
  });
}

/** BuildKit pods through buildx's `kubernetes` driver. */
export function checkKubernetes(settings: KubernetesSettings, { facts, needs }: ChoiceInputs): BuilderCheck {
  const { docker, cluster } = facts;
  if (docker === undefined) return { status: 'unknown', missing: 'docker' };
  if (cluster === undefined) return { status: 'unknown', missing: 'cluster' };
  const refused = errorsIn(clusterProblems(cluster, ['kubernetes']));
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  const how = `BuildKit pods in the namespace ${namespaceOf(settings, facts)}`;
  return usable('kubernetes', kubernetesBuilder(settings, { docker, needs, reason: `${how} build` }), how);
}

export function checkKaniko(settings: KanikoSettings, inputs: ChoiceInputs): BuilderCheck {
  const { cluster } = inputs.facts;
  if (cluster === undefined) return { status: 'unknown', missing: 'cluster' };
  const uses: ClusterUse[] = settings.registrySecret === undefined ? ['kaniko', 'kaniko-secret'] : ['kaniko'];
  const found = [...clusterProblems(cluster, uses), ...inputs.kanikoUnsupported];
  const refused = errorsIn(found);
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  const how = `Kaniko in the namespace ${namespaceOf(settings, inputs.facts)}`;
  return { status: 'usable', builder: { type: 'kaniko', settings }, how, warnings: found };
}

function namespaceOf(settings: KubernetesSettings | KanikoSettings, { cluster }: KnownFacts): string {
  const current = cluster?.status === 'ready' ? cluster.namespace : undefined;
  return settings.namespace ?? current ?? 'default';
}

export function checkDispatch(
  settings: DispatchSettings,
  { facts, workflows, uncommitted }: ChoiceInputs,
): BuilderCheck {
  if (facts.machine.place.kind === 'actions')
    return {
      status: 'absent',
      reason: 'this is a run of a workflow already',
      fix: 'Use another builder in workflows.',
    };
  const workflow = chooseWorkflow(workflows, settings);
  if (workflow.status === 'impossible') return { status: 'impossible', problems: [workflow.problem] };
  if (facts.forge === undefined) return { status: 'unknown', missing: 'forge' };
  const refused = accessProblem(facts.forge) ?? uncommittedProblem(uncommitted);
  if (refused !== undefined) return { status: 'impossible', problems: [refused] };
  const how = `the workflow ${workflow.workflow.file} on GitHub`;
  return { status: 'usable', builder: { type: 'dispatch', settings }, how, warnings: [] };
}

function uncommittedProblem([first, ...rest]: readonly string[]): Problem | undefined {
  if (first === undefined) return undefined;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  return problem({
    code: 'dispatch/not-pushed',
    message: `A run on GitHub would build without uncommitted changes: ${first}${more}.`,
    fix: 'Commit and push, or remove the changes with `git stash`.',
  });
}

function usable(type: 'buildx' | 'remote' | 'kubernetes', choice: BuildxChoice, how: string): BuilderCheck {
  if (choice.status === 'impossible') return choice;
  const { builder, abilities, warnings } = choice;
  return { status: 'usable', builder: { type, builder, abilities }, how, warnings };
}
