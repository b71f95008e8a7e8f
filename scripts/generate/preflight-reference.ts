import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { CHECK_GROUPS } from '../../src/preflight/checks.js';

/** What is asked of others, and what planning itself refuses: not in the table of checks, but told with them. */
const BESIDE: { title: string; checks: { codes: readonly ProblemCode[]; finds: string }[] }[] = [
  {
    title: 'Names and tags',
    checks: [
      { codes: ['image/capitals', 'image/name'], finds: 'An image name that no registry takes.' },
      { codes: ['tags/collision'], finds: 'Two images of one name and tag.' },
    ],
  },
  {
    title: 'Builder',
    checks: [
      {
        codes: ['build/docker-missing', 'build/buildx-missing', 'build/builder-unusable'],
        finds: 'Nothing here can build.',
      },
      { codes: ['build/no-emulation'], finds: 'A platform that the builder does not run itself.' },
      {
        codes: ['build/warning', 'build/dockerfile-invalid', 'preflight/dockerfile-check'],
        finds:
          "What BuildKit's own [checks](https://docs.docker.com/reference/build-checks/) find, where buildx has `--call=check`; an error with `# check=error=true`.",
      },
    ],
  },
  {
    title: 'Registry and deploy target',
    checks: [
      {
        codes: ['deploy/overridden'],
        finds: 'Argo CD or Flux is told another image than the Kustomization names.',
      },
    ],
  },
];

/** Text of `docs/preflight.md`. */
export function preflightReference(): string {
  return [
    '# Checks before a release',
    '',
    '<!-- Generated from src/preflight/checks.ts by `npm run generate`. -->',
    '',
    'What is looked at before a release, and how to live with a warning. All checks are made before anything is built or pushed, and all they find is told together, each with its place',
    'and a fix. Errors stop the release, warnings go to the summary. `image-release plan` makes them too. What concerns',
    'the contents of an image is told when the image is built: of an unchanged one nothing is new.',
    '',
    'A warning that you have decided to live with is silenced in the Dockerfile, in the way of BuildKit’s own checks:',
    '',
    '```dockerfile',
    '# check=skip=preflight/runs-as-root,preflight/no-health-check',
    'FROM node:24-alpine',
    '```',
    '',
    'The directive stands before the first instruction; `skip=all` silences all that this list says of that Dockerfile.',
    '',
    ...[...CHECK_GROUPS, ...BESIDE].flatMap(({ title, checks }) => [
      `## ${title}`,
      '',
      ...checks.map(({ codes, finds }) => `- ${codes.map(link).join(', ')}: ${finds}`),
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function link(code: string): string {
  return `[\`${code}\`](errors.md#${code.replaceAll(/[^a-z0-9-]/g, '')})`;
}
