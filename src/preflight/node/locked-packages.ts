/** A package that a lockfile installs, and the Node.js that it needs. */
export interface LockedPackage {
  name: string;
  version: string;
  /** Range of `engines.node`. */
  node: string;
  /** `development`: not installed where development dependencies are left out. */
  use: 'runtime' | 'development';
  /** Named in a package.json of the project, or needed by one that is. */
  depth: 'direct' | 'transitive';
}
