import type { Metadata } from '../build.js';
import { noteReplaced } from '../findings.js';
import { readPair } from '../build-settings.js';
import { hasHoles, hole } from '../holes.js';
import { asExpression } from '../tag-rules.js';
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
  const images = linesOf(inputOf(step, 'images')).flatMap((line) => imagesIn(line, step));
  const rules = linesOf(inputOf(step, 'tags', 'tag-custom'));
  const metadata: Metadata = {
    place: step.place,
    what: `${step.uses}${step.id === undefined ? '' : ` (${step.id})`}`,
    images,
    rules: rules.length > 0 ? rules : DEFAULT_RULES,
    written: linesOf(step.written.get('tags')),
    flavor: knownFlavor(step),
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

function knownFlavor(step: ActionStep): string[] {
  const lines = linesOf(inputOf(step, 'flavor'));
  for (const line of lines.filter(hasHoles))
    leaveStep(step, `flavor ${asExpression(line)}`, 'Only a run knows it; write it under `flavor`.');
  return lines.filter((line) => !hasHoles(line));
}

/** `ghcr.io/acme/api,acme/api`, or `name=ghcr.io/acme/api,enable=true`: https://github.com/docker/metadata-action#images-input */
function imagesIn(line: string, step: ActionStep): string[] {
  const fields = itemsOf(line).map(readPair);
  const valueOf = (name: string) => fields.find((field) => field.name === name)?.value;
  if (fields.every(({ value }) => value === undefined)) return fields.map(({ name }) => name);
  const image = valueOf('name') ?? fields.find(({ value }) => value === undefined)?.name;
  const enable = valueOf('enable') ?? 'true';
  if (image === undefined || enable === 'false' || enable === '') return [];
  if (hasHoles(enable))
    leaveStep(
      step,
      `the image ${image}, enabled by ${asExpression(enable)}`,
      'It is taken as if that held; leave it out of `images` if it does not.',
    );
  return [image];
}
