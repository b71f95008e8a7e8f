// A stand-in for `cosign sign`, `cosign verify` and `cosign public-key` on loopback registries: same arguments, same place of the
// signature (`sha256-….sig`), same ways to fail, and in place of the cryptography a hash with the signer's name.
// What it was asked goes to FAKE_COSIGN_LOG, one JSON line per call.
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { env } = process;
const [command, ...rest] = process.argv.slice(2);
if (env.FAKE_COSIGN_LOG) appendFileSync(env.FAKE_COSIGN_LOG, `${JSON.stringify(process.argv.slice(2))}\n`);
if (command === 'version') {
  console.log('cosign: a stand-in');
  process.exit(0);
}

function fail(message) {
  console.error(`Error: ${message}\nmain.go:74: error during command execution: ${message}`);
  process.exit(1);
}

// In place of a pair: both halves are the same text.
if (command === 'public-key') {
  console.log(keyOf(rest[rest.indexOf('--key') + 1]));
  process.exit(0);
}

const { values, positionals } = parseArgs({
  args: rest,
  allowPositionals: true,
  options: {
    yes: { type: 'boolean' },
    key: { type: 'string' },
    'certificate-oidc-issuer': { type: 'string' },
    'certificate-identity-regexp': { type: 'string' },
  },
});
function placeOf(image) {
  const [, host, repository, hex] =
    /^([^/]+)\/(.+)@sha256:([0-9a-f]{64})$/.exec(image) ?? fail(`${image} is not named by its digest`);
  const base = `http://${host}/v2/${repository}`;
  return { hex, base, tag: `${base}/manifests/sha256-${hex}.sig` };
}
const sha256 = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

function keyOf(url) {
  const name = url.replace(/^env:\/\//, '');
  return env[name]?.trim() ?? fail(`loading key: environment variable ${name} not found`);
}

async function sign({ hex, base, tag }) {
  if (!values.yes) fail('should confirm: no terminal');
  const signer = values.key ? { key: keyOf(values.key) } : { issuer: issuer(), identity: identity() };
  const payload = JSON.stringify({ critical: { image: { 'docker-manifest-digest': `sha256:${hex}` } } });
  const upload = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(upload.headers.get('location') ?? fail('POST: unexpected status'), base);
  location.searchParams.set('digest', sha256(payload));
  const headers = { 'content-type': 'application/octet-stream' };
  await fetch(location, { method: 'PUT', body: payload, headers });
  const blob = { digest: sha256(payload), size: payload.length };
  const proof = sha256(payload + JSON.stringify(signer));
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob },
    layers: [
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        ...blob,
        annotations: { signer: JSON.stringify(signer), proof },
      },
    ],
  };
  const put = await fetch(tag, {
    method: 'PUT',
    body: JSON.stringify(manifest),
    headers: { 'content-type': manifest.mediaType },
  });
  if (!put.ok) fail(`PUT ${tag}: ${put.status}`);
}

function issuer() {
  const server = new URL(env.GITHUB_SERVER_URL || 'https://github.com');
  return server.hostname === 'github.com'
    ? 'https://token.actions.githubusercontent.com'
    : `${server.origin}/_services/token`;
}

function identity() {
  if (!env.ACTIONS_ID_TOKEN_REQUEST_URL || !env.ACTIONS_ID_TOKEN_REQUEST_TOKEN)
    fail('getting signer: getting key from Fulcio: retrieving ID token: no provider');
  return `https://github.com/${env.GITHUB_WORKFLOW_REF}`;
}

async function verify({ hex, base, tag }) {
  const answer = await fetch(tag, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
  if (!answer.ok) fail('no signatures found');
  const [{ digest, annotations }] = (await answer.json()).layers;
  const payload = await (await fetch(`${base}/blobs/${digest}`)).text();
  const signer = JSON.parse(annotations.signer);
  const speaks = JSON.parse(payload).critical.image['docker-manifest-digest'] === `sha256:${hex}`;
  const meant = values.key
    ? signer.key === keyOf(values.key)
    : signer.issuer === values['certificate-oidc-issuer'] &&
      new RegExp(values['certificate-identity-regexp'] ?? fail('--certificate-identity required')).test(
        signer.identity,
      );
  if (!speaks || annotations.proof !== sha256(payload + annotations.signer)) fail('invalid signature');
  if (!meant) fail('none of the expected identities matched what was in the certificate');
  console.log(JSON.stringify([{ optional: signer }]));
}

const act = { sign, verify }[command] ?? fail(`unknown command "${command}"`);
if (positionals.length === 0) fail('requires at least 1 arg(s), only received 0');
for (const image of positionals) await act(placeOf(image));
