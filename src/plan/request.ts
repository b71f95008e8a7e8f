import type { BuilderType } from '../config/builder-settings.js';

/** What one run is asked to do, beyond what the configuration says. */
export interface Request {
  /** Image keys to release; empty: all. */
  images: string[];
  /** Further tags of all images, besides those of the rules. */
  tags: string[];
  /** `auto`: not for pull requests; `digest`: by digest alone, for a later job that joins platforms. */
  push: Choice | 'digest';
  /** `auto`: when the source is the default branch, the branch deployed to, or a tag. */
  deploy: Choice;
  /** Overrides every image's platforms; empty: as configured. */
  platforms: string[];
  /** In place of the configured choice of builders; undefined: as configured. */
  builder?: 'auto' | BuilderType;
  /** Builds every image without cache. */
  noCache: boolean;
  /** Builds every image, also those whose inputs did not change. */
  force: boolean;
  /** Whether an older commit, or one of another line of history, may take the place of what is deployed. */
  order: 'forward-only' | 'allow-rollback';
}

export type Choice = 'auto' | 'true' | 'false';
