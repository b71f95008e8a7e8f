import type { FetchedManifest } from './client.js';
import type { PublishedPlatform } from './published.js';

/** An image that was found whole in this run, so that its publication need not verify it again. */
export interface VerifiedDocument {
  /** Repository reference without tag. */
  image: string;
  /** What the tags name: an index, or a manifest. `document.digest` is its digest. */
  document: FetchedManifest;
  platforms: PublishedPlatform[];
}
