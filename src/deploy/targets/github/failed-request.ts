import { RequestFailed } from '../../../github/requests.js';

/** Waits for requests, and makes something of the one that fails. */
export async function onFailure<T, F>(
  work: Promise<T>,
  otherwise: (failed: RequestFailed) => F | Promise<F>,
): Promise<T | F> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RequestFailed) return otherwise(error);
    throw error;
  }
}
