import { parse } from 'yaml';

export interface ActionManifest {
  inputs: Record<string, { description: string; default?: string }>;
  outputs: Record<string, { description: string }>;
}

export function readActionManifest(text: string): ActionManifest {
  return parse(text) as ActionManifest;
}

/** Source of `src/config/inputs.generated.ts`. */
export function inputsModule({ inputs, outputs }: ActionManifest): string {
  const plain = (entries: ActionManifest['inputs'] | ActionManifest['outputs']) =>
    Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, { ...entry }]));
  return [
    '// Generated from action.yml by `npm run generate`.',
    '',
    '/** The inputs of the Action; a default that is an expression is filled in by the runner only. */',
    `export const INPUTS = ${JSON.stringify(plain(inputs))} as const satisfies Record<string, { description: string; default?: string }>;`,
    '',
    'export type InputName = keyof typeof INPUTS;',
    '',
    `export const OUTPUTS = ${JSON.stringify(plain(outputs))} as const satisfies Record<string, { description: string }>;`,
    '',
    'export type OutputName = keyof typeof OUTPUTS;',
  ].join('\n');
}

export function inputsTable({ inputs }: ActionManifest): string {
  const rows = Object.entries(inputs).map(
    ([name, entry]) =>
      `| \`${name}\` | ${entry.default === undefined ? '' : `\`${entry.default}\``} | ${cell(entry.description)} |`,
  );
  return ['| Input | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

export function outputsTable({ outputs }: ActionManifest): string {
  const rows = Object.entries(outputs).map(([name, entry]) => `| \`${name}\` | ${cell(entry.description)} |`);
  const perImage = [
    '| `<key>-digest` | Digest of that image, such as `sha256:…`; for each image that was published. |',
    '| `<key>-ref` | Reference to pull exactly that image: `name:tag@digest`. |',
  ];
  return ['| Output | Meaning |', '|---|---|', ...rows, ...perImage].join('\n');
}

function cell(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
