/**
 * A value in the environment, or in a file that Sluice wrote for itself, cannot be used. `config` may import
 * nothing of ours, so it has its own error with the same two texts as `SluiceError`.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'invalid_input';
  /** What to do about it. Read by the user. */
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}
