import type { BakeOverlay, FoundBake, FoundLogin, FoundTriggers } from './found.js';
import type { Recipe } from './recipe.js';

/** What a configuration is going to say, before it is text. Remarks become comments beside what they are about. */
export interface Draft {
  registry: string;
  images: DraftImage[];
  bake?: Pick<FoundBake, 'files' | 'targets'>;
  tags: string[];
  flavor: string[];
  cache?: { type: 'registry'; ref?: string } | { type: 'none' };
  attest: Partial<Record<'provenance' | 'sbom' | 'sign', string>>;
  deploys: DraftDeploy[];
  /** Kustomizations that are left to a person, and whatever else belongs above `deploy`. */
  deployRemarks: string[];
  /** What alone is deployed; undefined: whatever is released. */
  deployOn?: 'tag' | 'branch';
  triggers: FoundTriggers;
  login?: FoundLogin;
  /** Steps that log docker in, in place of a user and a password. */
  keptLogins: string[];
  /** What opens the other repositories that are deployed to, as an expression. */
  deployToken?: string;
  /** The token that steps of the old workflow make for the commits, as an expression that means nothing in another. */
  madeToken?: string;
  /** What the checkout is asked for beside the commit. */
  checkout: Record<string, string>;
  /** The step that sets emulation up, where images are for other platforms than that of a runner. */
  emulation?: string;
  environment: Record<string, string>;
  furtherTags: string[];
}

export interface DraftImage extends Recipe {
  key: string;
  /** Full name, with its registry; undefined: what a bake file says. */
  image?: string;
  /** Of one that a bake file describes: nothing of it is said here but its name. */
  from: 'images' | 'bake';
  /** Of one that a bake file describes: the name that it has there. */
  named?: string;
  /** What is laid over it. */
  overlay?: BakeOverlay;
  /** Undefined: those of the release. */
  tags?: string[];
  remarks: string[];
}

export interface DraftDeploy {
  kustomization: string;
  /** Undefined: all. */
  images?: string[];
  repository?: string;
  branch?: string;
  mode: 'commit' | 'pull-request';
  /** By key: what an entry that is added has to be called; undefined: none is missing. */
  added?: Record<string, string>;
  remarks: string[];
}
