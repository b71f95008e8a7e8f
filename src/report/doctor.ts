import { objectionsOf } from '../builders/builder-choice.js';
import type { BuilderCheck, BuilderDecision, CheckedBuilder } from '../builders/builder-choice.js';
import { BUILDER_TYPES } from '../config/builder-settings.js';
import type { BuildFacts } from '../facts/build-facts.js';
import type { Problem } from '../lib/errors.js';
import { renderProblems, type Style } from './terminal.js';
import type { ListedBuilder } from '../facts/docker.js';
import type { MachineFacts } from '../facts/machine.js';
import type { OverlayTrial } from '../facts/storage.js';

/** What `doctor` found out. */
export interface Diagnosis {
  facts: BuildFacts;
  /** `broken`: what there is can't be used, or this is no checkout. */
  project: { status: 'loaded'; origin: string; builder: string } | { status: 'broken'; problems: readonly Problem[] };
  /** Whether the images may be pushed; undefined: no configuration says where to. */
  registry?: { images: string[]; problems: Problem[] };
  /** What `status --live` and `--wait` lack to read the cluster; undefined: nothing is deployed. */
  live?: Problem[];
  /** Every builder, in the order of `auto`. */
  builders: CheckedBuilder[];
  /** What `auto` would take. */
  auto: BuilderDecision;
  /** What the configuration asks for; undefined: nothing but `auto`. */
  configured?: BuilderDecision;
}

/** 0: something can build. */
export function exitCodeOfDoctor({ auto, configured }: Diagnosis): 0 | 1 {
  return (configured ?? auto).status === 'chosen' ? 0 : 1;
}

/** Facts, checks with their fixes, and the choice. */
export function renderDoctor(diagnosis: Diagnosis, style: Style): string {
  const facts = describeFacts(diagnosis);
  const width = Math.max(...facts.map(([name]) => name.length));
  const row = (name: string, line: string) =>
    style.fit(`${name && style.strong(name)}${' '.repeat(width - name.length)}  ${line}`, width + 2);
  const { project, registry, builders } = diagnosis;
  const others = exitCodeOfDoctor(diagnosis) === 0 ? 'reasons' : 'fixes';
  return [
    ...facts.flatMap(([name, ...lines]) => lines.map((line, at) => row(at === 0 ? name : '', line))),
    '',
    style.strong('Builders'),
    ...builders.flatMap((each, at) => renderVerdict(each, builders[at - 1], others, style)),
    ...renderLiveRights(diagnosis, style),
    '',
    ...choiceLines(diagnosis, style).map((line) => style.fit(line, 2)),
    ...(others === 'reasons' && builders.some(({ check }) => check.status === 'absent')
      ? [style.faint(style.fit('  Show what another builder needs: `image-release doctor --builder NAME`', 2))]
      : []),
    ...renderProblems([...(registry?.problems ?? []), ...(project.status === 'broken' ? project.problems : [])], style),
    '',
  ].join('\n');
}

const WIDTH = Math.max(...BUILDER_TYPES.map((type) => type.length));

/** @param absent whether builders that nobody misses tell how they are got */
function renderVerdict(
  { type, check }: CheckedBuilder,
  before: CheckedBuilder | undefined,
  absent: 'reasons' | 'fixes',
  style: Style,
): string[] {
  const [mark, all] = marked(check, style);
  const isBrief = check.status === 'absent' && absent === 'reasons';
  const isSame = isBrief && before?.check.status === 'absent' && before.check.reason === check.reason;
  const lines = isSame ? [`As for ${before.type}.`] : isBrief ? all.slice(0, 1) : all;
  const indent = ' '.repeat(WIDTH + 6);
  const [first = '', ...rest] = lines;
  return [
    style.fit(`  ${mark} ${type.padEnd(WIDTH)}  ${first}`, indent.length),
    ...rest.map((line) => style.fit(`${indent}${line}`, indent.length + 2)),
  ];
}

/** The Role is shown where a right is missing. Without a cluster there is nothing to say: the facts tell why. */
function renderLiveRights({ live, facts: { cluster } }: Diagnosis, style: Style): string[] {
  if (live === undefined || cluster.status !== 'ready') return [];
  if (live.length === 0)
    return [
      '',
      style.strong('Live status'),
      `  ${style.good('✓')} status --live can read the namespace ${cluster.namespace}`,
    ];
  return [
    '',
    style.strong('Live status'),
    ...renderProblems(live, { ...style, warnings: 'full' }).map((line) => `  ${line.replaceAll('\n', '\n  ')}`),
  ];
}

function marked(check: BuilderCheck, style: Style): [mark: string, lines: string[]] {
  if (check.status === 'usable') {
    return [style.good('✓'), [check.how, ...check.warnings.map(({ message }) => style.faint(message))]];
  }
  const lines = objectionsOf(check).flatMap(({ reason, fix }) => [reason, style.faint(`→ ${fix}`)]);
  const more =
    check.status === 'impossible' ? check.problems.flatMap(({ detail }) => (detail ? detail.split('\n') : [])) : [];
  return [check.status === 'absent' ? style.faint('–') : style.bad('✗'), [...lines, ...more.map(style.faint)]];
}

function choiceLines({ auto, configured, project, builders }: Diagnosis, style: Style): string[] {
  const decidedLine = (name: string, decided: BuilderDecision) => {
    if (decided.status === 'impossible') return `${style.bad('✗')} ${name}: no builder works here.`;
    const check = builders.find(({ id }) => id === decided.id)?.check;
    const how = check?.status === 'usable' ? `${check.how}.` : decided.sentence;
    return `${style.good('✓')} ${name} builds with ${how}`;
  };
  return [
    ...(configured && project.status === 'loaded' ? [decidedLine(`builder: ${project.builder}`, configured)] : []),
    decidedLine('auto', auto),
  ];
}

/** As docs/builders.md describes it. */
export function doctorAsJson(diagnosis: Diagnosis): unknown {
  const { facts, project, registry, live, builders, auto, configured } = diagnosis;
  return {
    facts,
    project,
    ...(registry && { registry }),
    ...(live && { live }),
    builders: builders.map(({ id, type, check }) => ({
      id,
      type,
      ...(check.status === 'usable'
        ? { status: 'usable', with: check.how, warnings: check.warnings }
        : {
            status: check.status,
            objections: objectionsOf(check),
            codes: check.status === 'impossible' ? check.problems.map(({ code }) => code) : [],
          }),
    })),
    auto: decidedAsJson(auto),
    ...(configured && { configured: decidedAsJson(configured) }),
  };
}

function decidedAsJson(decided: BuilderDecision): unknown {
  if (decided.status === 'impossible') return decided;
  const { status, id, builder, sentence, warnings } = decided;
  return { status, id, type: builder.type, sentence, warnings };
}

/** Each fact in words, one line or several, in the order in which they are asked. */
function describeFacts({ facts, registry }: Diagnosis): [name: string, ...lines: string[]][] {
  const endpoints = facts.endpoints.map(
    ({ address, from, answer }) => `${address} (${from}): ${answer.status === 'serves' ? 'answers' : answer.message}`,
  );
  return [
    ['Environment', describeMachine(facts.machine)],
    ['Docker', describeDocker(facts)],
    ['Storage', describeStorage(facts)],
    ['buildx', ...describeBuildx(facts)],
    ['BuildKit', ...(endpoints.length > 0 ? endpoints : ['none found'])],
    ['Cluster', describeCluster(facts)],
    ['GitHub', describeForge(facts)],
    ...(registry === undefined ? [] : [['Registry', describeRegistry(registry)] as [string, string]]),
  ];
}

function describeMachine({ place, pod, container, user }: MachineFacts): string {
  const names = { pod: 'a pod', container: 'a container', host: 'this machine' };
  const name = place.kind === 'actions' ? `GitHub Actions, ${place.runner} runner` : names[place.kind];
  const account = pod?.serviceAccount === 'mounted' ? '' : ' without a service account';
  const inPod = pod && ` in Kubernetes${pod.namespace === undefined ? '' : `, namespace ${pod.namespace}`}${account}`;
  const inContainer = pod === undefined && container !== undefined ? ` (a container: ${container})` : '';
  return `${name}${inPod ?? inContainer}, as ${user === 'root' ? 'root' : 'an ordinary user'}`;
}

function describeDocker({ docker }: BuildFacts): string {
  if (docker.docker === 'missing') return 'not installed';
  const { server, client } = docker;
  if (server.status === 'unreachable') return `client ${client}; no daemon: ${server.message}`;
  return `${server.version}, ${server.imageStore} image store, storage driver ${server.storageDriver}`;
}

function describeStorage({ storage }: BuildFacts): string {
  if (storage.seen === 'no') return `not checked: ${storage.reason}`;
  const { path, fileSystem, mount, trial } = storage;
  const mounted = mount === undefined ? '' : `, mounted at ${mount.point}`;
  return `${path} on ${fileSystem}${mounted}; ${describeTrial(trial)}`;
}

function describeTrial(trial: OverlayTrial): string {
  if (trial.result === 'mounted') return 'overlays can be mounted';
  if (trial.result === 'not-tried') return `overlay mounts not tried: ${trial.reason}`;
  return `overlays can't be mounted: ${trial.error} (${trial.message})`;
}

function describeBuildx({ docker, builders }: BuildFacts): string[] {
  if (docker.docker === 'missing') return ['not installed'];
  const { buildx } = docker;
  if (buildx.status === 'missing') return [`not installed: ${buildx.message}`];
  const current = buildx.builder.name;
  return [buildx.version, ...builders.map((builder) => describeBuilder(builder, current))];
}

function describeBuilder({ name, driver, nodes, message }: ListedBuilder, current: string | undefined): string {
  const mark = name === current ? ' (in use)' : '';
  if (message !== undefined) return `${name}${mark}: ${driver || 'no driver'}, ${message}`;
  // Variants of amd64 say little.
  const isVariant = (platform: string) => /^linux\/amd64\/v\d$/.test(platform);
  const states = nodes.map(({ status, platforms }) =>
    [status, ...platforms.filter((one) => !isVariant(one))].join(' '),
  );
  return `${name}${mark}: ${driver}, ${states.join('; ')}`;
}

function describeCluster({ cluster }: BuildFacts): string {
  switch (cluster.status) {
    case 'no-kubectl':
      return 'no kubectl';
    case 'no-context':
      return `kubectl ${cluster.kubectl} has no cluster`;
    case 'unreachable':
    case 'unauthorized':
      return `${cluster.context === undefined ? 'the cluster' : `context ${cluster.context}`} is ${cluster.status}: ${cluster.message}`;
    case 'ready': {
      const { context, server, namespace, podSecurity, rights } = cluster;
      const toBuild = rights.filter(({ uses }) => uses.some((use) => use !== 'live'));
      const missing = toBuild.filter(({ allowed }) => !allowed).length;
      return [
        context === undefined ? 'the cluster of this pod' : `context ${context}`,
        server,
        `namespace ${namespace}${podSecurity === undefined ? '' : ` (enforces ${podSecurity})`}`,
        missing === 0 ? 'all rights' : `${missing} of ${toBuild.length} rights missing`,
      ].join(', ');
    }
  }
}

function describeForge({ forge: { repository, gh, token } }: BuildFacts): string {
  const source = repository ?? 'no repository on GitHub';
  const program = {
    missing: 'gh is not installed',
    'logged-out': 'gh is not logged in',
    'logged-in': 'gh is logged in',
  };
  return `${source}, ${token === undefined ? 'no token' : `a token from ${token.from}`}, ${program[gh]}`;
}

function describeRegistry({ images, problems }: NonNullable<Diagnosis['registry']>): string {
  const refused = new Set(problems.map(({ image }) => image)).size;
  if (problems.length === 0) return `can push ${images.join(', ')}`;
  return `can't push ${refused} of ${images.length} images (${images.join(', ')}); see below`;
}
