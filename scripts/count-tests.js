/**
 * Closes a CI run: prints "N passed, N failed" and exits 0 only if nothing failed.
 *
 * node scripts/count-tests.js VITEST_JSON FAILED_CHECKS VITEST_STATUS
 */
import { readFileSync } from 'node:fs';

const [file = '', checks = '0', status = '1'] = process.argv.slice(2);
let passed = 0;
let failed = Number(checks);
try {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed = report.numPassedTests;
  failed += report.numFailedTests + report.numPendingTests + report.numTodoTests;
  // A file that could not be loaded has no test that failed.
  if (report.numFailedTestSuites > 0 && report.numFailedTests === 0) failed += report.numFailedTestSuites;
} catch {
  console.log('the tests left no report');
}
if (Number(status) !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
