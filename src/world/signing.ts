import type { Config } from '../config/config.js';
import type { SigningFacts } from '../facts/facts.js';
import { createHttpClient } from '../lib/http.js';
import { sleep } from '../registry/retry.js';
import type { AttestationStore } from '../registry/signing/attestation-store.js';
import type { JobIdentity } from '../registry/signing/identity.js';
import type { Asking } from '../registry/signing/service.js';
import { signByGithub, type SignImages } from '../registry/signing/sign-release.js';
import { proxyOf } from './registry.js';
import type { Setting } from './setting.js';

/** What an entry point knows of signing. */
export interface SigningSetting {
  /** Undefined: the runner handed over none. */
  identity?: JobIdentity;
  /** Where GitHub keeps attestations; undefined: the source is not on GitHub. */
  store?: AttestationStore;
  /** `https://github.com` */
  serverUrl: string;
}

const SILENCE_MS = 30_000;

/** Connects the signer that the configuration asks for. */
export function connectSigning(setting: Setting, { attest: { sign } }: Config) {
  const { signal, redact, say, environment, signing } = setting;
  const http = createHttpClient({
    userAgent: setting.userAgent,
    silenceMs: SILENCE_MS,
    maxSockets: 4,
    proxy: proxyOf(setting.env),
  });
  const asking: Asking = { http, sleep, signal, redact };

  function signer(): SignImages | undefined {
    const { identity, store, serverUrl } = signing ?? {};
    if (sign !== 'github' || identity === undefined || store === undefined || serverUrl === undefined)
      return undefined;
    return signByGithub({ ...asking, identity, store, serverUrl, say });
  }

  return {
    sign: signer(),

    async probe(): Promise<SigningFacts | undefined> {
      if (signing === undefined || sign === 'off') return undefined;
      if (sign === 'cosign') return undefined;
      if (environment.kind !== 'actions') return { by: 'github', identity: 'no-job' };
      return { by: 'github', identity: signing.identity === undefined ? 'not-granted' : 'granted' };
    },

    close: () => http.close(),
  };
}
