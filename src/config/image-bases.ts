import type { Problem } from '../lib/errors.js';
import { closest } from '../lib/suggestion.js';
import type { Config, HelperTarget, ImageConfig } from './config.js';

/** Keys of the images of this repository that an image is built on. */
export function basesOf({ contexts }: Pick<ImageConfig, 'contexts'>): string[] {
  return Object.values(contexts).flatMap((source) =>
    source.startsWith('image:') ? [source.slice('image:'.length)] : [],
  );
}

/** What is wrong with `image:<key>` contexts: keys that nobody has, and images built on themselves. */
export function baseProblems({ images, helpers, place }: Config): Problem[] {
  const keys = images.map(({ key }) => key);
  const known = [...images, ...helpers];
  return images.flatMap((image) =>
    Object.entries(image.contexts).flatMap(([name, source]): Problem[] => {
      const base = source.startsWith('image:') ? source.slice('image:'.length) : undefined;
      if (base === undefined) return [];
      const problem = {
        severity: 'error' as const,
        image: image.key,
        place: place(`images.${image.key}.contexts.${name}`),
      };
      if (!known.some(({ key }) => key === base)) {
        const near = closest(base, keys);
        return [
          {
            ...problem,
            code: 'config/unknown-image',
            message: `Image ${image.key} is built on ${source}, and there is no image ${base}.`,
            fix:
              near === undefined ? `The images are: ${keys.join(', ')}.` : `Did you mean \`image:${near}\`?`,
          },
        ];
      }
      if (!leadsTo(base, image.key, known)) return [];
      return [
        {
          ...problem,
          code: 'config/invalid',
          message: `Image ${image.key} is built on ${source}, which is built on ${image.key} in turn.`,
          fix: 'Break the circle: move what both need into an image of its own.',
        },
      ];
    }),
  );
}

function leadsTo(
  from: string,
  to: string,
  images: readonly HelperTarget[],
  seen = new Set<string>(),
): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const image = images.find(({ key }) => key === from);
  return image !== undefined && basesOf(image).some((base) => leadsTo(base, to, images, seen));
}
