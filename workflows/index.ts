/** The single entry of the workflow bundle. */
export { experiment } from './experiment.ts';
export { plan } from './plan.ts';
export { rollout } from './rollout.ts';
export { scoring } from './scoring.ts';
