import type { FoundImage } from './found.js';

/** How an image is built, as it was found. */
export type Recipe = Pick<
  FoundImage,
  | 'context'
  | 'dockerfile'
  | 'target'
  | 'args'
  | 'secrets'
  | 'platforms'
  | 'contexts'
  | 'labels'
  | 'annotations'
  | 'noCache'
>;

/** Nothing is said but what is built. */
export function bareRecipe(context: string, dockerfile: string): Recipe {
  return {
    context,
    dockerfile,
    args: {},
    secrets: {},
    platforms: [],
    contexts: {},
    labels: {},
    annotations: {},
    noCache: false,
  };
}
