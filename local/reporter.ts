/** Something that takes a while and is shown with its elapsed time. */
export interface Step {
  /** What it is doing now. */
  update(text: string): void;
  /** It succeeded; `text` replaces the title. */
  done(text?: string): void;
  /** It failed; the error is reported elsewhere. */
  fail(): void;
}

/** How the stack tells a person what it does. The supervisor never writes to a terminal itself. */
export interface Reporter {
  step(title: string): Step;
  line(text: string): void;
}

/** Says nothing. */
export const silentReporter: Reporter = {
  step: () => ({ update: () => {}, done: () => {}, fail: () => {} }),
  line: () => {},
};
