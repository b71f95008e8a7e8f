import { warning, type Place, type Problem } from '../../lib/errors.js';
import type { PreflightInput } from '../check.js';
import { isOwnStep } from '../workflows.js';

const SECRET = String.raw`\$\{\{\s*secrets\.(\w+)`;
const USER_NAME = new RegExp(String.raw`^${SECRET}\s*\}\}$`);
const IN_NAME = new RegExp(String.raw`\b(?:image|registry)"?\s*:.*${SECRET}`, 'g');

/** The runner empties job outputs that contain the value of a secret, as in `docker.io/${{ secrets.USER }}/app`. */
export function checkMaskedNames({ plan, facts, workflows }: PreflightInput): Problem[] {
  if (facts.environment.kind !== 'actions') return [];
  const users = facts.usernames.map((user) => user.reveal().toLowerCase()).filter(Boolean);
  const named = plan.images.filter(({ image }) =>
    image
      .toLowerCase()
      .split('/')
      .some((part) => users.includes(part)),
  );
  const steps = workflows.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps.filter(isOwnStep)));
  return steps.flatMap(({ inputs: { config, 'registry-username': login } }) => {
    const secret = USER_NAME.exec(login?.text ?? '')?.[1];
    const names = [...(config?.text ?? '').matchAll(IN_NAME)].map(([, name]) => name!);
    return [
      ...(secret === undefined ? [] : named.map(({ key }) => maskedName(secret, login!.place, key))),
      ...[...new Set(names)].map((name) => maskedName(name, config!.place)),
    ];
  });
}

function maskedName(secret: string, place: Place, image?: string): Problem {
  return warning({
    code: 'preflight/masked-name',
    place,
    ...(image !== undefined && { image }),
    message: `The name of ${image === undefined ? 'an image' : `image ${image}`} contains the secret ${secret}: the runner empties every job output that does.`,
    fix: `A user name is no secret: store it as a variable, \`\${{ vars.${secret} }}\`, and delete the secret.`,
  });
}
