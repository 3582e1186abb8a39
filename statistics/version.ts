/** Grows when the same evidence could give another number. Stored with every decision. */
export const statisticsVersion = '2';
