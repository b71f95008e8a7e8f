import { Cancelled, failure, problem, withRemark, type ProblemDraft } from '../../lib/errors.js';
import { ProgramMissing, type ProcessResult } from '../../lib/process.js';
import { problemsIn } from '../check.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../manifest.js';
import { NOTHING_PUBLISHED, type SignImages } from './sign-release.js';
import { findBundles, tagOf } from './referrers.js';
import type { ExpectedSigner } from './verify-bundle.js';
import { missingSignature, type CheckedImage, type CheckedSignatures } from './verify-signatures.js';

/** Runs cosign; its keys and tokens are in its environment, never in its arguments, which everybody may read. */
export interface Cosign {
  /** @param env in addition to its usual environment. @throws ProgramMissing */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<ProcessResult>;
  /** What cosign takes its keys from: https://docs.sigstore.dev/cosign/key_management/signing_with_self-managed_keys/ */
  keys: { private: 'set' | 'unset'; public: 'set' | 'unset' };
  signal: AbortSignal;
  redact(text: string): string;
}

const PRIVATE_KEY = ['--key', 'env://COSIGN_PRIVATE_KEY'];
const PUBLIC_KEY = ['--key', 'env://COSIGN_PUBLIC_KEY'];
const INSTALL = 'Install cosign: https://docs.sigstore.dev/cosign/system_config/installation/.';

export async function findCosign(cosign: Pick<Cosign, 'run' | 'redact'>): Promise<'found' | 'missing'> {
  const failed = await attempt(cosign, ['version']);
  return failed?.missing ? 'missing' : 'found';
}

/**
 * Cosign signs each image by its digest, with the key that is set or, without one, for the job that it runs in.
 * @throws ReleaseError `signing/failed`; Cancelled
 */
export function signByCosign(cosign: Cosign): SignImages {
  return async (images) => {
    for (const { key, image, document } of images) {
      const reference = `${image}@${document.digest}`;
      const own = cosign.keys.private === 'set' ? PRIVATE_KEY : [];
      const failed = await attempt(cosign, ['sign', '--yes', ...own, reference]);
      if (cosign.signal.aborted) throw new Cancelled('signing');
      if (failed === undefined) continue;
      const error = failure({
        code: 'signing/failed',
        image: key,
        message: `cosign could not sign ${reference}: ${failed.why}.`,
        ...(failed.missing && { fix: INSTALL }),
        ...(failed.output !== '' && { detail: failed.output }),
      });
      throw withRemark(error, NOTHING_PUBLISHED);
    }
  };
}

/**
 * Verifies with cosign an image that it should have signed.
 * @param signer the workflow that must have made keyless signatures
 * @throws Cancelled
 */
export async function verifyByCosign(
  image: CheckedImage,
  signer: Omit<ExpectedSigner, 'digest'> | undefined,
  cosign: Cosign,
  client: RegistryClient,
): Promise<CheckedSignatures> {
  try {
    return (await isSigned(image, client))
      ? await verifySigned(image, signer, cosign)
      : { problems: [missingSignature(image)] };
  } catch (error) {
    return { problems: problemsIn(error, image.key) };
  }
}

/** Cosign before version 3 stored signatures under a tag, and still can. */
async function isSigned({ image, digest }: CheckedImage, client: RegistryClient): Promise<boolean> {
  const bundles = await findBundles(client, image, digest).catch((error: unknown) => {
    if (error instanceof MalformedDocument) return [];
    throw error;
  });
  return bundles.length > 0 || (await client.headManifest(image, `${tagOf(digest)}.sig`)) !== undefined;
}

async function verifySigned(
  { key, image, digest }: CheckedImage,
  signer: Omit<ExpectedSigner, 'digest'> | undefined,
  cosign: Cosign,
): Promise<CheckedSignatures> {
  const reference = `${image}@${digest}`;
  const report = (draft: ProblemDraft) => ({ problems: [problem({ ...draft, image: key })] });
  const { keys } = cosign;
  const keyed = keys.public === 'set' || keys.private === 'set';
  if (!keyed && signer === undefined) {
    return report({
      code: 'signing/unchecked',
      message: `The expected signer of ${reference} is not known, so its signature was not verified.`,
      fix: 'Set COSIGN_PUBLIC_KEY, or run this in a checkout of the GitHub repository that it is built from.',
    });
  }
  const policy =
    keyed || signer === undefined
      ? PUBLIC_KEY
      : [
          ...['--certificate-oidc-issuer', signer.issuer],
          ...['--certificate-identity-regexp', `^https://[^/]+/${escape(signer.repository)}/`],
        ];
  let failed: Failed | undefined;
  let env: NodeJS.ProcessEnv | undefined;
  // A job that signs has the private key alone; cosign derives the other one from it.
  if (keyed && keys.public === 'unset')
    failed = await attempt(cosign, ['public-key', ...PRIVATE_KEY], {}, (key) => (env = { COSIGN_PUBLIC_KEY: key }));
  failed ??= await attempt(cosign, ['verify', ...policy, reference], env);
  if (failed === undefined) {
    const workflow = keyed ? 'the key of cosign' : `a workflow of ${signer?.repository}`;
    return { signer: { workflow, predicateType: 'cosign' }, problems: [] };
  }
  return failed.missing
    ? report({
        code: 'signing/unchecked',
        message: `The signature of ${reference} was not verified: cosign is not installed here.`,
        fix: INSTALL,
      })
    : report({ code: 'signing/invalid', message: `cosign does not verify ${reference}: ${failed.why}.` });
}

interface Failed {
  missing: boolean;
  /** Cosign's last line. */
  why: string;
  output: string;
}

/** @returns undefined: it succeeded */
async function attempt(
  { run, redact }: Pick<Cosign, 'run' | 'redact'>,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  onOutput?: (text: string) => void,
): Promise<Failed | undefined> {
  try {
    const { code, stdout, stderr } = await run(args, env);
    if (code === 0) onOutput?.(stdout.toString());
    if (code === 0) return undefined;
    const output = redact(stderr.toString().trim());
    const last = output
      .split('\n')
      .at(-1)!
      .replace(/^(main\.go:\d+: )?error( during command execution)?: /i, '');
    const why = (last || `it ended with exit code ${code}`).slice(0, 300).replace(/[.\s]+$/, '');
    return { missing: false, why, output: output.slice(-2000) };
  } catch (error) {
    if (error instanceof ProgramMissing) return { missing: true, why: 'it is not installed', output: '' };
    throw error;
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
