/** One thing that `sluice doctor` looked at. */
export interface Finding {
  readonly name: string;
  /** `missing` keeps Sluice from running here; `note` does not. */
  readonly state: 'ok' | 'note' | 'missing';
  readonly found: string;
  /** How to get what is missing. */
  readonly fix?: string;
}
