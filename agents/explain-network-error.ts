const sayings: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer to the connection attempt',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection attempt',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is shorter than its content-length',
  HPE_INVALID_EOF_STATE: 'connection closed in the middle of the answer',
  EMFILE: 'this process has no file descriptors left (raise ulimit -n or lower the concurrency)',
};

/** Plain words for a network error: `connection refused`. Names tried at several addresses speak by the first. */
export function explainNetworkError(error: Error): { code: string; text: string } {
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first && typeof first.code === 'string' ? first.code : '';
  return { code, text: sayings[code] ?? (code === '' ? first.message : `${first.message} (${code})`) };
}
