import type { FoundUpdate } from '../../found.js';
import { noteReplaced } from '../findings.js';
import { hasHoles } from '../holes.js';
import { pathAt } from '../paths.js';
import { asExpression } from '../tag-rules.js';
import { noteTagUpdate } from './kustomizations.js';
import { noteMade } from './made.js';
import { readOptions } from './options.js';
import { leave, type Command } from './session.js';

const TAG_FIELD = /newTag|newName|digest|\bimages?\b|tag/i;

/** `sed -i 's|newTag: .*|newTag: v1|' k8s/kustomization.yaml` */
export function readSed(command: Command): void {
  const { words } = command;
  if (!words.some((word) => /^-[a-zA-Z]*i|^--in-place/.test(word))) return noteMade(command);
  const plain = words.filter(
    (word, index) => !word.startsWith('-') && word !== '' && words[index - 1] !== '-e',
  );
  const inline = words.flatMap((word, index) => (words[index - 1] === '-e' ? [word] : []));
  const [scripts, files] = inline.length > 0 ? [inline, plain] : [plain.slice(0, 1), plain.slice(1)];
  if (!scripts.some((script) => TAG_FIELD.test(script) || script.includes('${{'))) return;
  for (const file of files) noteTagUpdate(command, 'sed -i', file);
}

/** `yq -i '.images[0].newTag = "v1"' k8s/kustomization.yaml` (Go), `yq -yi …` (Python). */
export function readYq(command: Command): void {
  const { words } = command;
  const writes = words.some((word) => /^-[a-zA-Z]*i|^--in-?place/.test(word)) || words[0] === 'w';
  if (!writes) return;
  const plain = words.filter((word) => !word.startsWith('-') && !['e', 'eval', 'w'].includes(word));
  const isOld = words[0] === 'w';
  const [file, expression = ''] = isOld ? [plain[0], plain[1]] : [plain.at(-1), plain[0]];
  if (file !== undefined && TAG_FIELD.test(expression)) noteTagUpdate(command, 'yq -i', file);
}

export function readKustomize(command: Command): void {
  const { words, call } = command;
  if (words[0] === 'edit' && words[1] === 'set' && words[2] === 'image')
    noteTagUpdate(command, 'kustomize edit set image', '.');
  else if (words[0] === 'build' && call.words.length > 0) command.session.touched += 1;
}

export function readKubectl(command: Command): void {
  const { words } = command;
  const verbs = words
    .filter((word) => !word.startsWith('-'))
    .slice(0, 2)
    .join(' ');
  if (/^set image/.test(verbs))
    leave(
      command,
      `\`kubectl ${asExpression(words.slice(0, 4).join(' '))} …\``,
      'A release deploys by a commit that Argo CD or Flux follows. Keep this command in a step after it, with the output `<key>-ref`.',
    );
  else if (/^(?:apply|rollout|create|replace)/.test(verbs))
    leave(
      command,
      `\`kubectl ${asExpression(words.slice(0, 3).join(' '))}\``,
      'A release changes no cluster; keep this command in a step after it.',
    );
  else return;
  command.session.touched += 1;
}

export function readHelm(command: Command): void {
  if (!/^(?:upgrade|install)$/.test(command.words.find((word) => !word.startsWith('-')) ?? '')) return;
  leave(
    command,
    `\`helm ${asExpression(command.words.slice(0, 2).join(' '))} …\``,
    'A release changes no cluster; keep this command in a step after it, with the output `<key>-ref` or the release tag of `images`.',
  );
  command.session.touched += 1;
}

/** Options of git before its verb. */
const GIT_SWITCHES = new Set([
  'no-pager',
  'set-upstream',
  'u',
  'force',
  'force-with-lease',
  'quiet',
  'tags',
  'all',
  'rebase',
  'autostash',
  'allow-empty',
]);

export function readGit(command: Command): void {
  const { session, call, place, words: all } = command;
  const words = all[0] === '-C' ? all.slice(2) : all;
  const folder = all[0] === '-C' ? pathAt(call.folder, all[1] ?? '.') : call.folder;
  const [verb = '', ...more] = words;
  const plain = more.filter((word) => !word.startsWith('-'));
  if (verb === 'clone') {
    const { rest } = readOptions(more, GIT_SWITCHES, { b: 'branch' });
    const [
      url = '',
      into = url
        .replace(/\.git$/, '')
        .split('/')
        .at(-1)!,
    ] = rest;
    const [, name] = /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url) ?? [];
    const { values } = readOptions(more, GIT_SWITCHES, { b: 'branch' });
    const branch = values.get('branch')?.[0];
    const [, token] = /(\$\{\{ secrets\.\w+ \}\})@/.exec(url) ?? [];
    session.checkouts.set(pathAt(folder, into), {
      ...(name !== undefined && { repository: name }),
      ...(branch !== undefined && { branch }),
      ...(token !== undefined && { token }),
    });
  } else if (verb === 'checkout' || verb === 'switch') {
    const name = plain.at(-1);
    const creates = more.some((word) => /^-[bBcC]$|^--create$/.test(word));
    if (name !== undefined && !creates && !hasHoles(name) && !more.includes('--'))
      setBranch(command, folder, name);
  } else if (verb === 'push') {
    const [, target] = /^(?:HEAD|[\w./-]+):(?:refs\/heads\/)?(.+)$/.exec(plain.at(-1) ?? '') ?? [];
    if (target !== undefined && !hasHoles(target)) setBranch(command, folder, target);
    noteReplaced(session.findings, place, 'git commit and push', '`deploy` of image-release.yml');
  }
  if (
    [
      'clone',
      'config',
      'add',
      'commit',
      'push',
      'pull',
      'fetch',
      'checkout',
      'switch',
      'diff',
      'status',
      'rebase',
      'stash',
    ].includes(verb)
  )
    session.touched += 1;
}

/** The branch counts for what was written in this checkout, before and after. */
function setBranch({ session, place }: Command, folder: string, branch: string): void {
  const [root = '.', checkout = {}] =
    [...session.checkouts].find(([path]) => path !== '.' && folder.startsWith(path)) ?? [];
  session.checkouts.set(root, { ...checkout, branch });
  for (const update of updatesOf({ session, place }))
    if (update.repository === checkout.repository) update.branch ??= branch;
}

/** What was written so far is committed with this token. */
export function commitWith(command: Pick<Command, 'session' | 'place'>, token?: string): void {
  for (const update of updatesOf(command)) if (token !== undefined) update.token ??= token;
}

/** Those of the file that the command stands in. */
function updatesOf({ session, place }: Pick<Command, 'session' | 'place'>): FoundUpdate[] {
  return session.findings.updates.filter((update) => update.place.file === place.file);
}

export function proposePullRequest(
  { session, place }: Pick<Command, 'session' | 'place'>,
  what: string,
): void {
  session.committing.mode = 'pull-request';
  session.touched += 1;
  for (const update of updatesOf({ session, place })) update.mode = 'pull-request';
  noteReplaced(session.findings, place, what, '`deploy.mode: pull-request`');
}

export function readGh(command: Command): void {
  const [group, verb] = command.words;
  if (group === 'pr' && verb === 'create') proposePullRequest(command, 'gh pr create');
}
