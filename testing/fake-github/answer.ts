/** What the double sends back. Bodies are whole buffers, so that a fault can drop or replace them. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
  };
}

/** A refusal as GitHub's REST API words it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    message: string,
    readonly extra: { errors?: unknown[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }

  toAnswer(): Answer {
    const body = {
      message: this.message,
      ...(this.extra.errors ? { errors: this.extra.errors } : {}),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
    return jsonAnswer(this.status, body, this.extra.headers);
  }
}

export const notFound = () => new ApiError(404, 'Not Found');
export const unprocessable = (message: string, errors?: unknown[]) =>
  new ApiError(422, message, errors ? { errors } : {});
export const missing = (field: string) => unprocessable(`Invalid request.\n\n"${field}" wasn't supplied.`);
