/** A Sigstore to sign at: who certifies the key, and who proves when it was used. */
export interface SigstoreEndpoints {
  fulcio: string;
  /** `rekor`: a public log · `tsa`: a timestamp, and no trace elsewhere. */
  witness: { type: 'rekor' | 'tsa'; url: string };
}

/**
 * Who vouches for the workflows of a GitHub: docs.github.com, "OpenID Connect reference", and for an Enterprise
 * Server "Using OIDC with GitHub Enterprise Server".
 */
export function issuerOf(serverUrl: string): string {
  const { hostname, origin } = new URL(serverUrl);
  if (hostname === 'github.com') return 'https://token.actions.githubusercontent.com';
  if (hostname.endsWith('.ghe.com')) return `https://token.actions.${hostname}`;
  return `${origin}/_services/token`;
}

const PUBLIC_GOOD: SigstoreEndpoints = {
  fulcio: 'https://fulcio.sigstore.dev',
  witness: { type: 'rekor', url: 'https://rekor.sigstore.dev' },
};

/**
 * What is public is signed at sigstore.dev, whose log anybody may read; anything else at GitHub's own Sigstore, so
 * that no name of a private repository gets into that log. As actions/attest chooses:
 * https://github.com/actions/attest#readme
 */
export function sigstoreEndpoints(visibility: string | undefined, serverUrl: string): SigstoreEndpoints {
  if (visibility === 'public') return PUBLIC_GOOD;
  const { hostname } = new URL(serverUrl);
  const domain = hostname === 'github.com' ? 'githubapp.com' : hostname;
  return {
    fulcio: `https://fulcio.${domain}`,
    witness: { type: 'tsa', url: `https://timestamp.${domain}` },
  };
}
