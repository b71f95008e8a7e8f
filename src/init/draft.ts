import type { FoundBake, FoundLogin, FoundTriggers, Recipe } from './found.js';

/** The content of a configuration before it is text. Remarks become comments above their subject. */
export interface Draft {
  registry: string;
  images: DraftImage[];
  bake?: Pick<FoundBake, 'files' | 'targets'>;
  tags: string[];
  flavor: string[];
  cache?: { type: 'registry'; ref?: string };
  attest: Partial<Record<'provenance' | 'sbom' | 'sign', string>>;
  deploys: DraftDeploy[];
  /** Other comments above `deploy`. */
  deployRemarks: string[];
  /** The only event that deploys; undefined: every release does. */
  deployOn?: 'tag' | 'branch';
  triggers: FoundTriggers;
  login?: FoundLogin;
  /** Steps that log docker in, in place of a user and a password. */
  keptLogins: string[];
  /** Expression that opens the repositories that are deployed to. */
  deployToken?: string;
  /** Inputs of the checkout. */
  checkout: Record<string, string>;
  /** The step that sets emulation up, for platforms other than that of a runner. */
  emulation?: string;
  environment: Record<string, string>;
  furtherTags: string[];
}

export interface DraftImage extends Recipe {
  key: string;
  /** Full name, with its registry; undefined: the bake file has it. */
  image?: string;
  from: 'images' | 'bake';
  /** Name that the bake file has. */
  named?: string;
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
  /** By key: the name of an entry that is added; undefined: none is missing. */
  added?: Record<string, string>;
  remarks: string[];
}
