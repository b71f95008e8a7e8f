import type { Place, Problem } from '../../lib/errors.js';
import type { Check, ReleaseScene } from '../check.js';
import { isOwnStep } from '../workflows/uses.js';

/** What the images are called. */
export const NAME_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/same-title'],
    finds: 'Two images carry the same `org.opencontainers.image.title`.',
    run: checkTitles,
  },
  {
    codes: ['preflight/masked-name'],
    finds:
      'The name of an image holds the value of a secret, as in `docker.io/${{ secrets.USER }}/app`: the runner empties job outputs that contain one.',
    run: checkMaskedNames,
  },
];

const TITLE = 'org.opencontainers.image.title';

function checkTitles({ plan, config }: ReleaseScene): Problem[] {
  return plan.images.flatMap((image, index) => {
    const title = image.labels[TITLE];
    const twin = plan.images
      .slice(0, index)
      .find(({ labels }) => title !== undefined && labels[TITLE] === title);
    if (!twin) return [];
    return [
      {
        code: 'preflight/same-title' as const,
        severity: 'warning' as const,
        image: image.key,
        place: config.place(`images.${image.key}.labels.${TITLE}`),
        message: `Images ${twin.key} and ${image.key} have the same title, ${title}.`,
        fix: `Leave out the label ${TITLE}: it is the image's own name then.`,
      },
    ];
  });
}

function checkMaskedNames({ plan, facts, workflows }: ReleaseScene): Problem[] {
  if (facts.environment.kind !== 'actions') return [];
  const places = secretPlaces(workflows);
  const names = places.flatMap((found): { image?: string; secret: string; place: Place }[] => {
    if (found.as === 'name') return [found];
    // The value is known to this program alone, and is not told.
    return plan.images
      .filter(({ image }) => facts.usernames.some((user) => containsPart(image, user.reveal())))
      .map(({ key }) => ({ ...found, image: key }));
  });
  return names.map(({ image, secret, place }) => ({
    code: 'preflight/masked-name',
    severity: 'warning',
    ...(image !== undefined && { image }),
    place,
    message: `The name of ${image === undefined ? 'an image' : `image ${image}`} contains the secret ${secret}: the runner empties every job output that does.`,
    fix: `A user name is no secret: keep it as a variable, \`\${{ vars.${secret} }}\`, and delete the secret.`,
  }));
}

function containsPart(image: string, user: string): boolean {
  return user !== '' && image.toLowerCase().split('/').includes(user.toLowerCase());
}

/** Secrets that steps of this action put into image names, or log in with. */
function secretPlaces(workflows: ReleaseScene['workflows']) {
  return workflows.flatMap(({ jobs }) =>
    jobs.flatMap(({ steps }) =>
      steps.filter(isOwnStep).flatMap(({ inputs }) => {
        const user = /^\$\{\{\s*secrets\.(\w+)\s*\}\}$/.exec(inputs['registry-username']?.text ?? '');
        const lines = (inputs['config']?.text ?? '').split('\n');
        const names = lines.flatMap(
          (line) => /\b(?:image|registry)"?\s*:.*\$\{\{\s*secrets\.(\w+)/.exec(line)?.[1] ?? [],
        );
        return [
          ...(user
            ? [{ as: 'user' as const, secret: user[1]!, place: inputs['registry-username']!.place }]
            : []),
          ...[...new Set(names)].map((secret) => ({
            as: 'name' as const,
            secret,
            place: inputs['config']!.place,
          })),
        ];
      }),
    ),
  );
}
