/** A refusal in the shape OpenAI's clients know: `{error: {message, type, param, code}}` with its HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(status: number, message: string, about: { code?: string; param?: string } = {}) {
    super(message);
    this.status = status;
    this.code = about.code ?? null;
    this.param = about.param ?? null;
  }

  get body() {
    const type = this.status < 500 ? 'invalid_request_error' : 'server_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}
