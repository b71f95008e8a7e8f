import type { Found } from './found.js';

/** What the workflow sets is not set where somebody releases by hand. */
export function environmentNotes({ bakes, images, environment }: Found): string[] {
  const secrets = new Set(
    images.flatMap((image) =>
      Object.values(image.secrets).flatMap((from) =>
        'env' in from && from.env in environment ? from.env : [],
      ),
    ),
  );
  const fixed = Object.entries(environment).flatMap(([name, value]) =>
    value.includes('${{') || secrets.has(name) ? [] : name,
  );
  const filledIn = Object.keys(environment).filter((name) => !fixed.includes(name) && !secrets.has(name));
  const [bake] = bakes;
  return [
    ...(bake === undefined || fixed.length === 0
      ? []
      : [
          `${bake.files.join(', ')} takes ${fixed.join(', ')} from the environment: the workflow sets ${themOf(fixed)}, a release from elsewhere and the plan above have the defaults.`,
        ]),
    ...(bake === undefined || filledIn.length === 0
      ? []
      : [
          `${bake.files.join(', ')} takes ${filledIn.join(', ')} from the environment: the workflow sets ${themOf(filledIn)}, a release from elsewhere needs ${themOf(filledIn)} there.`,
        ]),
    ...(secrets.size === 0
      ? []
      : [
          `Build secrets are taken from ${[...secrets].join(', ')}: the workflow sets ${themOf([...secrets])}, a release from elsewhere needs ${themOf([...secrets])} in its environment.`,
        ]),
  ];
}

const themOf = ({ length }: readonly string[]): string => (length === 1 ? 'it' : 'them');
