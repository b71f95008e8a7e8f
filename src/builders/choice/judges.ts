import type { ClusterUse } from '../../facts/cluster-rights.js';
import type {
  BuildxSettings,
  DispatchSettings,
  KanikoSettings,
  KubernetesSettings,
  RemoteSettings,
} from '../../config/builder-settings.js';
import type { ListedBuilder } from '../../facts/buildx-builders.js';
import type { BuildkitAnswer, BuildkitEndpoint } from '../../facts/buildkit-endpoints.js';
import type { DockerFacts } from '../../facts/docker.js';
import type { Problem } from '../../lib/errors.js';
import { chooseBuildxBuilder, type BuilderVerdict, type BuildxBuilder } from '../buildx/buildx-builder.js';
import { kubernetesBuilder, remoteBuilder } from '../buildx/drivers.js';
import { chooseWorkflow } from '../dispatch/workflow-choice.js';
import { findNestedOverlay, findSilentCopies } from './nested-overlay.js';
import type { ChoiceQuestion, Verdict } from './verdict.js';

/** The present builder of buildx, or a BuildKit container where that falls short. */
export function judgeBuildx(settings: BuildxSettings, { facts, needs }: ChoiceQuestion): Verdict {
  if (facts.docker === undefined) return { status: 'unknown', ask: 'docker' };
  const verdict = chooseBuildxBuilder({ facts: facts.docker, needs, settings });
  if (verdict.status === 'impossible') return verdict;
  const { builder } = verdict;
  // What builds elsewhere does not care what lies under this daemon.
  if (builder.type === 'new' || builder.driver === 'docker') {
    if (facts.storage === undefined) return { status: 'unknown', ask: 'storage' };
    const nested = findNestedOverlay(facts.docker, facts.storage);
    if (nested !== undefined) return { status: 'impossible', problems: [nested] };
    const warnings = [...verdict.warnings, ...findSilentCopies(facts.docker, facts.storage)];
    return usable('buildx', { ...verdict, warnings }, nameOf(builder));
  }
  return usable('buildx', verdict, nameOf(builder));
}

function nameOf(builder: BuildxBuilder): string {
  return builder.type === 'existing'
    ? `the builder ${builder.name} (${builder.driver} driver)`
    : `a BuildKit container of its own (${builder.reason})`;
}

/** A builder of `docker buildx ls` that nobody has selected. */
export function judgeListed(listed: ListedBuilder, { facts, needs }: ChoiceQuestion): Verdict {
  const { docker } = facts;
  if (docker === undefined) return { status: 'unknown', ask: 'docker' };
  const node = listed.nodes.find(({ status }) => status === 'running');
  const cure = `See \`docker buildx inspect ${listed.name}\`.`;
  if (listed.message !== undefined)
    return { status: 'absent', reason: `the builder ${listed.name}: ${listed.message}`, fix: cure };
  // One that has to be started first is for who selects it: it may cost time, or pods in some cluster.
  if (node === undefined) {
    const fix = `Start it: \`docker buildx inspect --bootstrap ${listed.name}\`.`;
    return { status: 'absent', reason: `the builder ${listed.name} does not run`, fix };
  }
  const { name, driver, nodes } = listed;
  if (docker.docker === 'missing' || docker.buildx.status === 'missing')
    return { status: 'absent', reason: 'buildx is missing', fix: 'Install the buildx plugin.' };
  const selected: DockerFacts = {
    ...docker,
    buildx: { ...docker.buildx, builder: { status: 'usable', name, driver, nodes } },
  };
  const verdict = chooseBuildxBuilder({ facts: selected, needs, settings: { type: 'buildx', name } });
  return verdict.status === 'impossible' ? verdict : usable('buildx', verdict, nameOf(verdict.builder));
}

/** BuildKits that the configuration names. */
export function judgeRemote(settings: RemoteSettings, question: ChoiceQuestion): Verdict {
  const { docker, endpoints } = question.facts;
  if (docker === undefined) return { status: 'unknown', ask: 'docker' };
  if (endpoints === undefined) return { status: 'unknown', ask: 'endpoints' };
  const known = settings.nodes.map(({ endpoint }) => endpoints.find(({ address }) => address === endpoint));
  const problems = known.flatMap((found) =>
    found === undefined || found.answer.status === 'serves' ? [] : [unreachable(found, found.answer)],
  );
  const [first, ...rest] = problems;
  if (first !== undefined) return { status: 'impossible', problems: [first, ...rest] };
  const addresses = settings.nodes.map(({ endpoint }) => endpoint).join(', ');
  const reason = `the BuildKit at ${addresses} builds`;
  const verdict = remoteBuilder(settings, { docker, needs: question.needs, reason });
  return verdict.status === 'impossible'
    ? verdict
    : usable('remote', verdict, `the BuildKit at ${addresses}`);
}

/** A BuildKit that was found. */
export function judgeEndpoint(endpoint: BuildkitEndpoint, question: ChoiceQuestion): Verdict {
  const settings: RemoteSettings = {
    type: 'remote',
    nodes: [{ endpoint: endpoint.address, platforms: [] }],
  };
  return judgeRemote(settings, question);
}

function unreachable(
  { address, from }: BuildkitEndpoint,
  answer: Exclude<BuildkitAnswer, { status: 'serves' }>,
): Problem {
  return {
    code: 'build/buildkit-unreachable',
    severity: 'error',
    message: `The BuildKit at ${address} (from ${from}) can't be used: ${answer.message}.`,
    fix: 'Check that buildkitd runs and listens there (`buildctl --addr … debug workers`); one that wants TLS needs `tls` beside `endpoint` in `builder`.',
  };
}

/** BuildKit pods through buildx's kubernetes driver. */
export function judgeKubernetes(settings: KubernetesSettings, question: ChoiceQuestion): Verdict {
  const { docker, cluster } = question.facts;
  if (docker === undefined) return { status: 'unknown', ask: 'docker' };
  if (cluster === undefined) return { status: 'unknown', ask: 'cluster' };
  const refused = errorsOf(question.clusterProblems(cluster, ['kubernetes']));
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  const place = namespaceOf(settings, question);
  const reason = `BuildKit pods in the namespace ${place} build`;
  const verdict = kubernetesBuilder(settings, { docker, needs: question.needs, reason });
  if (verdict.status === 'impossible') return verdict;
  return usable('kubernetes', verdict, `BuildKit pods in the namespace ${place}`);
}

/** A pod per image. */
export function judgeKaniko(settings: KanikoSettings, question: ChoiceQuestion): Verdict {
  const { cluster } = question.facts;
  if (cluster === undefined) return { status: 'unknown', ask: 'cluster' };
  const uses: ClusterUse[] = settings.registrySecret === undefined ? ['kaniko', 'kaniko-secret'] : ['kaniko'];
  const found = [...question.clusterProblems(cluster, uses), ...question.kanikoUnsupported];
  const refused = errorsOf(found);
  if (refused !== undefined) return { status: 'impossible', problems: refused };
  return {
    status: 'usable',
    builder: { type: 'kaniko', settings },
    how: `Kaniko in the namespace ${namespaceOf(settings, question)}`,
    warnings: found,
  };
}

function namespaceOf(settings: KubernetesSettings | KanikoSettings, { facts }: ChoiceQuestion): string {
  const current = facts.cluster?.status === 'ready' ? facts.cluster.namespace : undefined;
  return settings.namespace ?? current ?? 'default';
}

/** The repository's workflow on GitHub. */
export function judgeDispatch(settings: DispatchSettings, question: ChoiceQuestion): Verdict {
  const { facts, workflows, uncommitted } = question;
  if (facts.machine.place.kind === 'actions')
    return {
      status: 'absent',
      reason: 'this is a run of a workflow already',
      fix: 'Build with another builder in workflows.',
    };
  // What the checkout says comes first: it takes no time.
  const workflow = chooseWorkflow(workflows, settings);
  if (workflow.status === 'impossible') return { status: 'impossible', problems: [workflow.problem] };
  if (facts.forge === undefined) return { status: 'unknown', ask: 'forge' };
  const problem = accessProblem(facts.forge) ?? changesProblem(uncommitted);
  if (problem !== undefined) return { status: 'impossible', problems: [problem] };
  const how = `the workflow ${workflow.workflow.file} on GitHub`;
  return { status: 'usable', builder: { type: 'dispatch', settings }, how, warnings: [] };
}

function accessProblem({
  repository,
  token,
  gh,
}: NonNullable<ChoiceQuestion['facts']['forge']>): Problem | undefined {
  if (repository === undefined)
    return {
      code: 'dispatch/no-repository',
      severity: 'error',
      message: 'This checkout comes from no repository on GitHub.',
      fix: 'Set the remote `origin` to the repository: `git remote add origin URL`.',
    };
  if (token !== undefined) return undefined;
  const state = gh === 'missing' ? 'gh is not installed' : 'gh is not logged in';
  return {
    code: 'dispatch/no-token',
    severity: 'error',
    message: `There is no token for GitHub: GITHUB_TOKEN and GH_TOKEN are not set, and ${state}.`,
    fix: 'Set GITHUB_TOKEN to a token with `actions: write`, or run `gh auth login`.',
  };
}

function changesProblem(uncommitted: readonly string[]): Problem | undefined {
  const [first, ...rest] = uncommitted;
  if (first === undefined) return undefined;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  return {
    code: 'dispatch/uncommitted-changes',
    severity: 'error',
    message: `A run on GitHub would build without what is not committed: ${first}${more}.`,
    fix: 'Commit and push, or put the changes away with `git stash`.',
  };
}

function usable(
  type: 'buildx' | 'remote' | 'kubernetes',
  { builder, abilities, warnings }: Extract<BuilderVerdict, { status: 'chosen' }>,
  how: string,
): Verdict {
  return { status: 'usable', builder: { type, builder, abilities }, how, warnings };
}

function errorsOf(problems: readonly Problem[]): [Problem, ...Problem[]] | undefined {
  const [first, ...rest] = problems.filter(({ severity }) => severity === 'error');
  return first && [first, ...rest];
}
