/** An image that the registry serves whole: index, platforms and attestations checked, tags put. */
export interface PublishedImage {
  key: string;
  image: string;
  digest: string;
  releaseTag: string;
  /** All tags now at `digest`. */
  tags: string[];
  platforms: PublishedPlatform[];
}

export interface PublishedPlatform {
  /** Such as `linux/amd64`. */
  platform: string;
  digest: string;
  /** Compressed size of config and layers, bytes. */
  size: number;
  sbom?: { digest: string; predicateType: string; packages: number };
  provenance?: { digest: string; predicateType: string; source?: string; revision?: string };
}
