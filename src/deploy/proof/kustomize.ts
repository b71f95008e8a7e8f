import type { TargetFile } from '../target.js';

/** `kustomize build`, by whichever program is installed. Adapter: `proof/kustomize-program`. */
export type Kustomize =
  | {
      status: 'found';
      /** As a person would type it: `kustomize build` or `kubectl kustomize`. */
      command: string;
      /** Builds the Kustomization in `folder` of a tree of files (paths relative to its root). */
      build(
        tree: ReadonlyMap<string, TargetFile>,
        folder: string,
        options?: { signal?: AbortSignal },
      ): Promise<KustomizeResult>;
    }
  /** Neither program is there: the structural check takes its place, with a warning. */
  | { status: 'missing' };

export type KustomizeResult =
  | { status: 'built'; output: string; warnings: string[] }
  /** `words`: the program's own, without the temporary folder. */
  | { status: 'failed'; words: string };
