import { z } from 'zod';
import { either, imageKeyList, mapping, oneOf, text } from './schema-forms.js';

export const PIN_DEFAULT = 'tag';

/** One Kustomization that is kept up to date. */
const deployTargetSchema = mapping({
  kustomization: text(
    'the path of one Kustomization file or folder inside the repository (no `*`)',
    /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^*\\\r\n]+$/,
  ).meta({
    description: 'Kustomization file, or the folder that holds one, relative to the repository root.',
    examples: ['k8s/overlays/production'],
  }),
  images: imageKeyList()
    .optional()
    .meta({
      description: 'Keys of the images to roll out there. Default: all.',
      examples: [['api'], 'api,frontend'],
    }),
  branch: text('the name of a branch, without `refs/heads/`', /^(?!refs\/|[/-])[^\s~^:?*[\]\\]+$/)
    .optional()
    .meta({
      description:
        "Branch that gets the commit: the one that your GitOps controller follows. Default: the repository's default branch.",
      examples: ['production'],
    }),
  pin: oneOf(['tag', 'digest', 'both'])
    .optional()
    .meta({
      description:
        'What an entry of the Kustomization gets: `newTag`, `digest`, or both. An entry that has a digest keeps having one.',
      default: PIN_DEFAULT,
      examples: ['both'],
    }),
  message: text('one line of text', /^[^\r\n]+\n?$/)
    .optional()
    .meta({
      description: 'First line of the commit message; `{{images}}` and `{{tag}}` are filled in.',
      examples: ['deploy: {{images}} {{tag}}'],
    }),
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
