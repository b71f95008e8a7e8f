import { readYaml } from '../../lib/yaml-value.js';
import type { RepositoryFile } from '../found.js';
import { isExpression } from './builds.js';
import { noteLeft, pathAt, splitReference, type BakeRun } from './findings.js';
import type { Job } from './jobs.js';
import { asExpression, hasPlaceholders } from './placeholders.js';

/** https://docs.docker.com/build/bake/reference/#file-format */
export const BAKE_FILES = [
  'docker-bake.json',
  'docker-bake.hcl',
  'docker-bake.override.json',
  'docker-bake.override.hcl',
];
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

const existing = (paths: readonly string[], folder: string, names: readonly string[]) =>
  names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));

function bakeFilesIn(paths: readonly string[], folder: string): string[] {
  const bakes = existing(paths, folder, BAKE_FILES);
  return bakes.length > 0 ? bakes : composeFilesIn(paths, folder);
}

/** The file that compose reads if none is named. */
export function composeFilesIn(paths: readonly string[], folder: string): string[] {
  return existing(paths, folder, COMPOSE_FILES).slice(0, 1);
}

interface Run extends Pick<BakeRun, 'place' | 'targets' | 'metadata'> {
  folder: string;
  /** Undefined: those that bake reads if none is named. */
  files: string[] | undefined;
  set: readonly string[];
  env: ReadonlyMap<string, string>;
  isPushed: boolean;
}

/** A file that stays the place where images are described; settings of the command are reported. */
export function runBake(job: Job, { folder, set, env, isPushed, ...run }: Run): void {
  const { event, findings, repository } = job.walk;
  const files = run.files ?? bakeFilesIn(repository.paths, folder);
  const name = files.join(', ') || 'a bake file that is not in git';
  const texts = files.map((path) => repository.files.find((file) => file.path === path)?.text);
  job.did += 1;
  if (texts.length === 0 || texts.includes(undefined))
    return noteLeft(findings.left, run.place, `the build of ${name}`, 'unread');
  const published = isPushed || set.some((line) => /output=.*type=registry|push=true/.test(line)) ? 'yes' : 'no';
  const targets = run.targets.filter((target) => target !== 'default' && !hasPlaceholders(target));
  const made: BakeRun = {
    ...{ ...run, files, targets, event: event.kind, ref: event.ref, published, environment: {}, left: [] },
  };
  const used = [...env].filter(([variable]) => texts.some((text) => new RegExp(`\\b${variable}\\b`).test(text!)));
  const own = set.filter((line) => !/\.(?:cache-(?:from|to)|output|push|load|pull|tags)\b/.test(line));
  for (const [variable, value] of used)
    if (isExpression(value)) made.environment[variable] = asExpression(value);
    else own.push(variable);
  if (folder !== '.') own.push(`the folder ${folder}`);
  own.push(...run.targets.filter(hasPlaceholders));
  if (own.length > 0) noteLeft(made.left, run.place, `\`${own.map(asExpression).join('`, `')}\` for ${name}`, 'bake');
  findings.bakes.push(made);
}

/** Targets of bake files and services of compose files, by name, with literal names of their images. */
export function targetsIn(files: readonly RepositoryFile[], asked: readonly string[]) {
  const isCompose = files.every(({ path }) => /\.ya?ml$/.test(path));
  const blocks = files.flatMap((file) => (/\.ya?ml$/.test(file.path) ? servicesIn(file) : blocksIn(file)));
  const wanted = new Set(asked.length > 0 ? asked : isCompose ? blocks.map(({ name }) => name) : ['default']);
  // A set grows while it is walked through, and has each name once.
  for (const name of wanted)
    for (const block of blocks)
      if (block.isGroup && block.name === name) for (const each of block.targets) wanted.add(each);
  const targets = blocks.filter(({ isGroup, name }) => !isGroup && wanted.has(name));
  return [...new Map(targets.map((block) => [block.name, block])).values()].map(({ name, tags: [tag = '$'] }) => {
    const image = splitReference(tag).repository;
    return { name, image: image.includes('$') ? undefined : image };
  });
}

/** The heads of blocks, and the literal items of two of their lists: bake itself reads the rest. */
function blocksIn({ text }: RepositoryFile) {
  const bare = text.replace(/^\s*(?:#|\/\/).*$/gm, '');
  return [...bare.matchAll(/^(target|group)\s+"([^"]+)"\s*\{(?:[^\n]*\}$|([^]*?)^\})/gm)].map(
    ([, kind, name, body = '']) => {
      const list = (key: string) => {
        const items = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(body)?.[1] ?? '';
        return [...items.matchAll(/"([^"]+)"/g)].map(([, item]) => item!);
      };
      return { isGroup: kind === 'group', name: name!, targets: list('targets'), tags: list('tags') };
    },
  );
}

function servicesIn(file: RepositoryFile): ReturnType<typeof blocksIn> {
  const services = (readYaml(file)[0]?.at('services')?.entries() ?? []).filter(({ value }) => value?.at('build'));
  return services.map(({ name, value }) => {
    return { isGroup: false, name, targets: [], tags: [value?.at('image')?.text ?? []].flat() };
  });
}
