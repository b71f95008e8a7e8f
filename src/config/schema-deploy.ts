import * as z from 'zod';
import { CHANNEL, commaList, either, imageKeyList, mapping, oneOf, text, option } from './schema-forms.js';

export const DEPLOY_DEFAULTS = {
  when: 'push',
  pin: 'tag',
  mode: 'commit',
  autoMerge: false,
  addMissing: false,
} as const;

/** GitHub takes any characters but commas in a label. */
const LABEL = String.raw`[^,\s](?:[^,\r\n]*[^,\s])?`;

const deployTargetSchema = mapping({
  kustomization: text(
    'the path of a Kustomization file or folder inside the repository, or a pattern of such paths',
    /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\\\r\n]+$/,
  ).meta({
    description:
      'Kustomization file, or the folder that contains one, relative to the repository root; or a pattern with `*`, `**` and `{a,b}`.',
    examples: ['k8s/overlays/production', 'k8s/overlays/*'],
  }),
  images: option(imageKeyList(), 'Keys of the images to roll out there. Default: all.', {
    examples: [['api'], 'api,frontend'],
  }),
  branch: option(
    text('the name of a branch, without `refs/heads/`', /^(?!refs\/|[/-])[^\s~^:?*[\]\\]+$/),
    "Branch that gets the commit: the one that your GitOps controller follows. Default: the repository's default branch.",
    { examples: ['production'] },
  ),
  repository: option(
    text(
      '`owner/name`, or the URL of a git repository',
      /^(?:[\w.-]+\/[\w.-]+|(?:https?|ssh):\/\/[^\s@]+(?:@\S+)?|[\w.-]+@[\w.-]+:\S+)$/,
    ),
    'Another repository that contains the Kustomization; it needs a separate token (input `deploy-token`) and `branch`. Default: the repository that is released.',
    { examples: ['acme/deploy'] },
  ),
  channel: option(
    text('a word of letters, digits, `.`, `_` and `-`', CHANNEL),
    "Name of the ledger that keeps releases in order and remembers them (`refs/image-release/<channel>`). Give one to each environment that the same images reach at different times. Default: the branch's name.",
    { examples: ['production'] },
  ),
  when: option(
    oneOf(['push', 'promoted']),
    'Who deploys here: with `push` every release, with `promoted` only `image-release promote`, which deploys what another channel runs. A promoted target needs a separate `channel`.',
    { default: DEPLOY_DEFAULTS.when, examples: ['promoted'] },
  ),
  mode: option(
    oneOf(['commit', 'pull-request']),
    'Whether the change is committed to the branch, or proposed by one pull request per channel that newer releases bring up to date.',
    { default: DEPLOY_DEFAULTS.mode, examples: ['pull-request'] },
  ),
  labels: option(
    commaList('a label', LABEL, 'a list of labels or one comma-separated string'),
    'Labels of the pull request.',
    { examples: [['deploy', 'automated']] },
  ),
  'auto-merge': option(
    either([z.boolean(), oneOf(['merge', 'squash', 'rebase'])], 'true, false, merge, squash or rebase'),
    'Lets the pull request merge as soon as the rules of the branch allow, by this method; `true` is `squash`.',
    { default: DEPLOY_DEFAULTS.autoMerge, examples: ['squash'] },
  ),
  'add-missing': option(
    either(
      [
        z.boolean(),
        z.record(z.string(), text('an image as the manifests name it, without tag'), {
          error: 'a mapping of image keys to names',
        }),
      ],
      'true, false, or a mapping of image keys to the names that the manifests use',
    ),
    'Appends an entry for an image that has none, instead of refusing. If the manifests use another name than the published one, a mapping gives it: the entry gets that `name`, and the published one as `newName`.',
    { default: DEPLOY_DEFAULTS.addMissing, examples: [true, { api: 'acme-api' }] },
  ),
  pin: option(
    oneOf(['tag', 'digest', 'both']),
    'Fields that an entry of the Kustomization gets: `newTag`, `digest`, or both. An entry with a digest keeps having one.',
    { default: DEPLOY_DEFAULTS.pin, examples: ['both'] },
  ),
  message: option(
    text('one line of text', /^[^\r\n]+\n?$/),
    'First line of the commit message; `{{images}}` and `{{tag}}` are filled in.',
    { examples: ['deploy: {{images}} {{tag}}'] },
  ),
});

const path = () =>
  deployTargetSchema.shape.kustomization.meta({
    description: 'Path of the Kustomization; the rest is default.',
  });
const target = () => deployTargetSchema.meta({ description: 'One Kustomization.' });

export const deploySchema = () =>
  either(
    [
      path(),
      target(),
      z
        .array(either([path(), target()], 'the path of a Kustomization or a mapping with `kustomization`'))
        .meta({ description: 'Several Kustomizations.' }),
    ],
    'the path of a Kustomization, a mapping with `kustomization`, or a list of these',
  );

export type WrittenDeployTarget = z.output<typeof deployTargetSchema>;

export type WrittenDeploy = z.output<ReturnType<typeof deploySchema>>;
