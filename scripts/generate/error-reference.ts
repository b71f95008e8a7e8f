type Catalogue = Record<string, { exit: number; cause: string; fix: string }>;

const AREAS: Record<string, string> = {
  config: 'Configuration',
  input: 'Inputs and options',
  facts: 'Source and environment',
  plan: 'Plan',
  preflight: 'Checks before anything is spent',
  build: 'Build',
  cluster: 'Cluster',
  registry: 'Registry',
  signing: 'Signatures',
  deploy: 'Deploy',
  report: 'Report',
  internal: 'Anything else',
};

/** Text of `docs/errors.md`. */
export function errorReference(catalogue: Catalogue): string {
  const codes = Object.keys(catalogue);
  const known = Object.keys(AREAS);
  const found = [...new Set(codes.map(areaOf))];
  const areas = [
    ...known.filter((area) => found.includes(area)),
    ...found.filter((area) => !known.includes(area)),
  ];
  return [
    '# Errors',
    '',
    '<!-- Generated from src/lib/problem-catalogue.ts by `npm run generate`. -->',
    '',
    'Every message carries one of these codes. Whatever can be known beforehand is reported together, before anything is built.',
    '',
    '| Exit code | Meaning |',
    '|---|---|',
    '| 0 | Done; also when there was nothing to do. |',
    '| 1 | Failed. |',
    '| 2 | Wrong usage or configuration: running it again without a change gives the same. |',
    '| 3 | Superseded by a newer release, or refused because of the order of releases. |',
    '| 130 | Cancelled. |',
    '',
    ...areas.flatMap((area) => [
      `## ${AREAS[area] ?? area}`,
      '',
      ...codes.filter((code) => areaOf(code) === area).flatMap((code) => section(code, catalogue[code]!)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function areaOf(code: string): string {
  return code.split('/')[0]!;
}

function section(code: string, { exit, cause, fix }: Catalogue[string]): string[] {
  return [`### \`${code}\``, '', `Exit code ${exit}. ${cause}`, '', `**Fix:** ${fix}`, ''];
}
