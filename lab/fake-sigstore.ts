import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobClaims } from './fake-sigstore/oidc.js';
import { startFakeSigstore } from './fake-sigstore/server.js';
import { runAsProgram } from './program.js';

/** `tsx lab/fake-sigstore.ts [OWNER/NAME]`: prints the environment of a job that signs here. */
runAsProgram(import.meta.url, async ([repository = 'acme/app']) => {
  const dir = await mkdtemp(join(tmpdir(), 'fake-sigstore-'));
  const sigstore = await startFakeSigstore({ claims: jobClaims({ repository }) });
  const [authority, trustedRoot] = [join(dir, 'authority.pem'), join(dir, 'trusted-root.jsonl')];
  await writeFile(authority, sigstore.authority);
  await writeFile(trustedRoot, sigstore.trustedRoot);
  const environment = {
    ...sigstore.environment,
    HTTPS_PROXY: sigstore.proxy,
    NODE_EXTRA_CA_CERTS: authority,
  };
  return {
    lines: [
      ...Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`),
      `# image-release verify --trusted-root ${trustedRoot}`,
    ],
    async stop() {
      await sigstore.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
