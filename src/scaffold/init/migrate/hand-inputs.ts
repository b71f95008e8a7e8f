import type { YamlValue } from '../../../preflight/yaml-value.js';
import { noteLeft, type Findings } from './findings.js';

/**
 * Tells of what somebody who starts a run can say of its images, since the new workflow has inputs of its own.
 * @param read the workflow, started by hand with these inputs
 */
export function tellInputs(
  findings: Findings,
  workflow: YamlValue,
  read: (inputs: Record<string, unknown>) => Findings,
): void {
  const on = workflow.at('on') ?? workflow.at('true');
  const inputs = on?.at('workflow_dispatch', 'inputs')?.entries() ?? [];
  const [first] = inputs;
  if (first === undefined) return;
  const none = Object.fromEntries(inputs.map(({ name }) => [name, '']));
  const usual = imagesIn(read(none));
  const telling = inputs.filter(({ name, value }) =>
    examplesOf(value).some((example) => imagesIn(read({ ...none, [name]: example })) !== usual),
  );
  if (telling.length > 0)
    noteLeft(
      findings,
      first.place,
      `what ${telling.map(({ name }) => `\`${name}\``).join(', ')} of a run by hand says`,
      'The new workflow has inputs of its own: add this one there, and hand it on in `tags`, `platforms` or `config` of the step that releases.',
    );
}

/** What it can be filled in with: a choice has each of its options. */
function examplesOf(input: YamlValue | undefined): unknown[] {
  if (input?.at('type')?.text === 'boolean') return [true];
  const options = input?.at('options')?.items() ?? [];
  return options.length > 0 ? options.map(({ text }) => text) : ['example'];
}

function imagesIn({ builds, bakeTags, bakes, environment }: Findings): string {
  const said = builds.map(
    ({ args, platforms, references, target, context, dockerfile, noCache, published, metadata }) => [
      ...[args, platforms, references, target, context, dockerfile, noCache, published, metadata?.rules],
    ],
  );
  const overlays = bakes.map((bake) => bake.overlays);
  return JSON.stringify([said, bakeTags.map(({ tags, rules }) => [tags, rules]), overlays, environment]);
}
