import { Cancelled, failure, ReleaseError, withRemark, type Problem } from '../../lib/errors.js';
import { ProgramMissing, type ProcessResult } from '../../lib/process.js';
import type { RegistryClient } from '../client.js';
import { MalformedDocument } from '../manifest.js';
import { NOTHING_PUBLISHED, type SignImages } from './sign-release.js';
import { findBundles, tagOf } from './referrers.js';
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

/** @returns whether there is such a program */
export async function findCosign({ run }: Pick<Cosign, 'run'>): Promise<'found' | 'missing'> {
  try {
    await run(['version']);
    return 'found';
  } catch (error) {
    if (error instanceof ProgramMissing) return 'missing';
    throw error;
  }
}

/**
 * Cosign signs each image by its digest, with the key that is set or, without one, for the job that it runs in.
 * @throws ReleaseError `signing/cosign`; Cancelled
 */
export function signByCosign(cosign: Cosign): SignImages {
  return async (images) => {
    for (const { key, image, document } of images) {
      const reference = `${image}@${document.digest}`;
      const own = cosign.keys.private === 'set' ? PRIVATE_KEY : [];
      const told = await attempt(cosign, ['sign', '--yes', ...own, reference]);
      if (cosign.signal.aborted) throw new Cancelled('signing');
      if (told === undefined) continue;
      const error = failure({
        code: 'signing/cosign',
        image: key,
        message: `cosign could not sign ${reference}: ${told.why}.`,
        fix: told.missing ? INSTALL : "Do what cosign's message says, then run again.",
        ...(told.all !== '' && { detail: told.all }),
      });
      throw withRemark(error, NOTHING_PUBLISHED);
    }
  };
}

/**
 * Has cosign verify an image that it should have signed.
 * @param signer of keyless signatures: who must have signed
 * @throws Cancelled
 */
export async function verifyByCosign(
  image: CheckedImage,
  signer: ExpectedWorkflow | undefined,
  cosign: Cosign,
  client: RegistryClient,
): Promise<CheckedSignatures> {
  try {
    return (await isSigned(image, client))
      ? await verifySigned(image, signer, cosign)
      : { problems: [missingSignature(image)] };
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return { problems: error.problems.map((found) => ({ ...found, image: image.key })) };
  }
}

/** Cosign before version 3 put signatures under a tag of its own, and still can. */
async function isSigned({ image, digest }: CheckedImage, client: RegistryClient): Promise<boolean> {
  const bundles = await findBundles(client, image, digest).catch((error: unknown) => {
    if (error instanceof MalformedDocument) return [];
    throw error;
  });
  return bundles.length > 0 || (await client.headManifest(image, `${tagOf(digest)}.sig`)) !== undefined;
}

interface ExpectedWorkflow {
  repository: string;
  issuer: string;
}

async function verifySigned(
  { key, image, digest }: CheckedImage,
  signer: ExpectedWorkflow | undefined,
  cosign: Cosign,
): Promise<CheckedSignatures> {
  const reference = `${image}@${digest}`;
  const problem = (code: Problem['code'], message: string, fix: string): CheckedSignatures => ({
    problems: [{ code, severity: 'error', image: key, message, fix }],
  });
  const { keys } = cosign;
  const keyed = keys.public === 'set' || keys.private === 'set';
  if (!keyed && signer === undefined) {
    return problem(
      'signing/unchecked',
      `Who should have signed ${reference} is not known, so its signature was not verified.`,
      'Set COSIGN_PUBLIC_KEY, or run this in a checkout of the repository at GitHub that it is built from.',
    );
  }
  const policy =
    keyed || signer === undefined
      ? PUBLIC_KEY
      : [
          ...['--certificate-oidc-issuer', signer.issuer],
          ...['--certificate-identity-regexp', `^https://[^/]+/${escape(signer.repository)}/`],
        ];
  const derived = keyed && keys.public === 'unset' ? await publicKeyOf(cosign) : {};
  const told = derived.failed ?? (await attempt(cosign, ['verify', ...policy, reference], derived.env));
  if (told === undefined) {
    const workflow = keyed ? 'the key of cosign' : `a workflow of ${signer?.repository}`;
    return { signer: { workflow, predicateType: 'cosign' }, problems: [] };
  }
  return told.missing
    ? problem(
        'signing/unchecked',
        `The signature of ${reference} was not verified: cosign is not installed here.`,
        INSTALL,
      )
    : problem(
        'signing/invalid',
        `cosign does not verify ${reference}: ${told.why}.`,
        'Do not trust it before you know who signed it; `image-release rollback` puts the release before it back.',
      );
}

/** A job that signs has the private key alone; cosign derives the other one from it. */
async function publicKeyOf(cosign: Cosign): Promise<{ env?: NodeJS.ProcessEnv; failed?: Failed }> {
  let key = '';
  const failed = await attempt(cosign, ['public-key', ...PRIVATE_KEY], {}, (text) => (key = text));
  return failed ? { failed } : { env: { COSIGN_PUBLIC_KEY: key } };
}

interface Failed {
  missing: boolean;
  /** Cosign's last word. */
  why: string;
  /** All that it said. */
  all: string;
}

/** @returns undefined: it went well */
async function attempt(
  { run, redact }: Cosign,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  onOutput?: (text: string) => void,
): Promise<Failed | undefined> {
  try {
    const { code, stdout, stderr } = await run(args, env);
    if (code === 0) onOutput?.(stdout.toString());
    if (code === 0) return undefined;
    const all = redact(stderr.toString().trim());
    const last =
      all
        .split('\n')
        .at(-1)
        ?.replace(/^(main\.go:\d+: )?error( during command execution)?: /i, '') ||
      `it ended with exit code ${code}`;
    return { missing: false, why: last.slice(0, 300).replace(/[.\s]+$/, ''), all: all.slice(-2000) };
  } catch (error) {
    if (error instanceof ProgramMissing) return { missing: true, why: 'it is not installed', all: '' };
    throw error;
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
