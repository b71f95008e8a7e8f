import type { ProblemCode } from '../../src/lib/problem-catalogue.js';
import { CHECK_GROUPS } from '../../src/preflight/preflight.js';

/** Checks outside of the table that are reported with it: those of planning, and those that need a network. */
const OTHERS: { title: string; checks: { codes: readonly ProblemCode[]; finds: string }[] }[] = [
  {
    title: 'Names and tags',
    checks: [
      { codes: ['image/invalid-name'], finds: 'An image name that no registry takes.' },
      { codes: ['tags/collision'], finds: 'Two images of one name and tag.' },
    ],
  },
  {
    title: 'Builder',
    checks: [
      {
        codes: [
          'build/docker-missing',
          'build/buildx-missing',
          'build/buildx-too-old',
          'build/builder-unusable',
        ],
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
    '<!-- Generated from src/preflight/preflight.ts by `npm run generate`. -->',
    '',
    'Before anything is built or pushed, image-release runs these checks and reports all problems together, each with its',
    'place and a fix. Errors stop the release, warnings go to the summary. `image-release plan` runs the checks too.',
    'Problems in the contents of an image are reported only if the image is built.',
    '',
    'To silence a warning, skip its check in the Dockerfile, in the syntax of BuildKit’s own checks:',
    '',
    '```dockerfile',
    '# check=skip=preflight/unlocked-install',
    'FROM node:24-alpine',
    '```',
    '',
    'The directive comes before the first instruction; `skip=all` skips all checks of that Dockerfile.',
    '',
    ...[...CHECK_GROUPS, ...OTHERS].flatMap(({ title, checks }) => [
      `## ${title}`,
      '',
      ...checks.map((check) => {
        const codes = 'codes' in check ? check.codes : [check.code];
        return `- ${codes.map(link).join(', ')}: ${check.finds}`;
      }),
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
