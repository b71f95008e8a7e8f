import type { Metadata } from '../build.js';
import { noteReplaced } from '../findings.js';
import { hole } from '../holes.js';
import { inputOf, linesOf, leaveStep, pairsOf, itemsOf, type ActionStep } from './step.js';

/** What docker/metadata-action does without `tags`: https://github.com/docker/metadata-action#tags-input */
const DEFAULT_RULES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'];

const OUTPUTS = [
  'tags',
  'labels',
  'annotations',
  'version',
  'json',
  'bake-file',
  'bake-file-tags',
  'bake-file-labels',
  'tag-names',
];

/** Settings by environment: https://github.com/docker/metadata-action#environment-variables */
const VARIABLES: Readonly<Record<string, string>> = {
  DOCKER_METADATA_SHORT_SHA_LENGTH: 'The short commit has 7 digits always; `type=sha,format=long` has all.',
  DOCKER_METADATA_PR_HEAD_SHA:
    'A release is named by what is checked out: check the head of the pull request out.',
};

export function readMetadataStep(step: ActionStep): void {
  const images = itemsOf(inputOf(step, 'images')).flatMap(imageOf);
  const rules = linesOf(inputOf(step, 'tags', 'tag-custom'));
  const metadata: Metadata = {
    place: step.place,
    what: `${step.uses}${step.id === undefined ? '' : ` (${step.id})`}`,
    images,
    rules: rules.length > 0 ? rules : DEFAULT_RULES,
    written: linesOf(step.written.get('tags')),
    flavor: linesOf(inputOf(step, 'flavor')),
    labels: Object.fromEntries(
      pairsOf(inputOf(step, 'labels', 'label-custom')).map(([name, value]) => [name, value ?? '']),
    ),
    annotations: Object.fromEntries(
      pairsOf(inputOf(step, 'annotations')).map(([name, value]) => [name, value ?? '']),
    ),
  };
  const at = step.metadata.push(metadata) - 1;
  const of = step.id === undefined ? '' : ` of ${step.id}`;
  for (const output of OUTPUTS) step.outputs.set(output, hole(`metadata ${at} ${output}${of}`));
  step.session.touched += 1;
  for (const [name, advice] of Object.entries(VARIABLES))
    if (step.env.has(name)) leaveStep(step, name, advice);
  noteReplaced(step.session.findings, step.place, metadata.what, '`tags`, and labels that are always set');
}

/** `ghcr.io/acme/api`, or `name=ghcr.io/acme/api,enable=true`. */
function imageOf(text: string): string[] {
  if (/^enable=/.test(text)) return [];
  const [, name = text] = /^name=(.*)$/.exec(text) ?? [];
  return [name];
}
