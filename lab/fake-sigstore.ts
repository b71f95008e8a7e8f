import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jobClaims } from '../testing/fake-sigstore/oidc.js';
import { startFakeSigstore } from '../testing/fake-sigstore/server.js';
import { createLabDirectory } from './lab-directory.js';

/** `npm run lab fake-sigstore [OWNER/NAME]`: prints the environment of a job that signs here. */
export async function program([repository = 'acme/app']: string[]): Promise<string[]> {
  const dir = await createLabDirectory();
  const sigstore = await startFakeSigstore({ claims: jobClaims({ repository }) });
  const [authority, trustedRoot] = [join(dir, 'authority.pem'), join(dir, 'trusted-root.jsonl')];
  await writeFile(authority, sigstore.authority);
  await writeFile(trustedRoot, sigstore.trustedRoot);
  const environment = {
    ...sigstore.environment,
    HTTPS_PROXY: sigstore.proxy,
    NODE_EXTRA_CA_CERTS: authority,
  };
  return [
    ...Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`),
    `# image-release verify --trusted-root ${trustedRoot}`,
  ];
}
