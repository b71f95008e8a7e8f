import { parse } from 'yaml';

export interface ActionManifest {
  inputs: Record<string, { description: string; default?: string }>;
  outputs: Record<string, { description: string }>;
}

export function readActionManifest(text: string): ActionManifest {
  return parse(text) as ActionManifest;
}

/** Source of `src/config/inputs.generated.ts`. */
export function inputsModule({ inputs }: ActionManifest): string {
  return [
    '// Generated from action.yml by `npm run generate`.',
    '',
    '/** The inputs of the Action; a default that is an expression is filled in by the runner only. */',
    `export const INPUTS = ${JSON.stringify(inputs)} as const satisfies Record<string, { description: string; default?: string }>;`,
    '',
    'export type InputName = keyof typeof INPUTS;',
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
